package mirror.trust.guard;

/** What a text tries to do to the assistant that reads it. */
public enum Family {
    /** Data shall be shown or sent to where it does not belong. */
    EXFILTRATION("exfiltration"),
    /** The text poses as the system, the developer or the assistant. */
    ROLE_INJECTION("role-injection"),
    /** Rules that hold shall no longer hold. */
    META_OVERRIDE("meta-override"),
    /** Authority, haste, secrecy or a false memory shall get a yes that the owner did not give. */
    SOCIAL_ENGINEERING("social-engineering"),
    /** The assistant shall become one without limits. */
    JAILBREAK("jailbreak");

    private final String text;

    Family(String text) {
        this.text = text;
    }

    /** Name in events and for people. */
    public String text() {
        return text;
    }
}
