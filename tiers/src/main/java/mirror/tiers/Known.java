package mirror.tiers;

/** Whether something is so, where not knowing is neither yes nor no. */
public enum Known {
    YES,
    NO,
    UNKNOWN;

    public static Known of(boolean value) {
        return value ? YES : NO;
    }

    /** This one, or the other where this one does not know. */
    public Known or(Known other) {
        return this == UNKNOWN ? other : this;
    }
}
