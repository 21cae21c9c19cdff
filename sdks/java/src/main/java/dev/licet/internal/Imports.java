package dev.licet.internal;

/** Adds license files and revocations to a record (conformance suite, §The judge, 5). */
public final class Imports {
    private Imports() {}

    /** Throws {@code TokenException} if the file is not for this app and device, is over or revoked. */
    public static Judge.Ruling addFile(
            Judge.Evidence evidence, long now, String text, Judge.Rules rules) {
        long issuedAt = Tokens.open(text, TokenType.FILE, rules.publicKeys()).seconds("iat");
        LicenseRecord record = lowerFloor(evidence, issuedAt);
        Judge.Evidence lowered = new Judge.Evidence(record, evidence.tokens());
        long time = Judge.readClock(lowered, now, rules.builtAt()).time();
        Verification.verify(
                text,
                TokenType.FILE,
                rules.publicKeys(),
                Verification.Proof.NONE,
                rules.binding(),
                record.feed(),
                time);
        LicenseRecord.Tombstone tombstone = record.tombstone();
        boolean isNewer = tombstone != null && tombstone.at() < issuedAt;
        String file = Tokens.removeArmor(text, TokenType.FILE);
        LicenseRecord next = record.withFile(file, isNewer ? null : tombstone);
        return Judge.judge(Judge.Evidence.open(next, rules.publicKeys()), now, null, rules);
    }

    /** A file that is newer than what is stored heals a device whose clock was ahead: no server can. */
    private static LicenseRecord lowerFloor(Judge.Evidence evidence, long issuedAt) {
        LicenseRecord record = evidence.record();
        boolean isNewest = !evidence.tokens().isEmpty()
                && evidence.tokens().stream().allMatch(token -> token.seconds("iat") < issuedAt);
        return isNewest && issuedAt < record.floor() ? record.withFloor(issuedAt) : record;
    }

    /**
     * A feed that is older than the stored one changes nothing. Throws {@code TokenException}, also if
     * entries between the two are missing.
     */
    public static Judge.Ruling addRevocations(
            Judge.Evidence evidence, long now, String text, Judge.Rules rules) {
        LicenseRecord record = evidence.record();
        Token token = Verification.verify(
                text,
                TokenType.FEED,
                rules.publicKeys(),
                Verification.Proof.NONE,
                rules.binding(),
                record.feed(),
                now);
        Feed feed = Feed.merge(record.feed(), token.claims());
        long floor = Math.max(record.floor(), token.seconds("iat"));
        LicenseRecord next = feed == record.feed() ? record : record.withFeed(feed, floor);
        return Judge.judge(new Judge.Evidence(next, evidence.tokens()), now, null, rules);
    }
}
