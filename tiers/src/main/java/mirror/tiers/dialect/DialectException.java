package mirror.tiers.dialect;

/** A request or reply that cannot be read, or not be said in the other dialect. The only exception that this package throws on bad input. */
public final class DialectException extends RuntimeException {
    private final transient Failure failure;

    public DialectException(Failure failure) {
        super(failure.message());
        this.failure = failure;
    }

    DialectException(Failure.Kind kind, String message, String param) {
        this(new Failure(kind, message, param.isEmpty() ? null : param, null));
    }

    public Failure failure() {
        return failure;
    }
}
