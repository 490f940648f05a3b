package mirror.trust.shell;

/** How far a command name is looked for in the shell before it is taken as a program. */
enum Lookup {
    /** Aliases, functions and builtins: a word in command position. */
    SHELL,
    /** Builtins only: after {@code command} and {@code builtin}. */
    BUILTINS,
    /** Nothing: a program starts it. */
    PROGRAMS
}
