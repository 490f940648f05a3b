/** The morning report: once a local day, what happened since the last one, with what each line rests on. */
@org.jspecify.annotations.NullMarked
package mirror.surface.report;
