<?php

declare(strict_types=1);

namespace Licet\Internal;

use Licet\License;
use Licet\Source;
use Licet\State;
use Licet\Status;
use Licet\TokenError;

/**
 * Decides whether an app may run (conformance suite, §The judge), without I/O and without a clock. Only a
 * server's verdict can refuse a license: without one, the record decides.
 */
final class Judge
{
    /** @param int $now in seconds since 1970 */
    public static function judge(Record $record, int $now, ?Verdict $verdict, Terms $terms): Ruling
    {
        if ($verdict !== null) {
            // The server's clock decides, also if that of the device was ahead before.
            $at = $verdict->at ?? max($now, $record->floor);
            $noted = $record->with(floor: $at);
            return $verdict->license === null
                ? self::refuse($noted, $at, $verdict)
                : self::accept($noted, $at, $verdict, $verdict->license, $terms);
        }
        return self::judgeOpened($record, $record->open($terms->publicKeys), $now, $terms);
    }

    /**
     * Decides by what is stored (conformance suite, §The judge, 3).
     *
     * @param list<Token> $tokens those of the record
     */
    public static function judgeOpened(Record $record, array $tokens, int $now, Terms $terms): Ruling
    {
        $issues = array_map(fn (Token $token) => $token->claims->iat, $tokens);
        $clock = Clock::read($record->floor, $issues, $now, $terms->builtAt);
        [$state, $refresh] = self::judgeStored($record, $tokens, $clock, $terms);
        return new Ruling($state, $record->with(floor: $clock->nextFloor), $refresh || $clock->isBehind);
    }

    /**
     * Refuses an allowed state without one of the features: missing, `false` or 0.
     *
     * @param iterable<string> $features
     */
    public static function requireFeatures(State $state, iterable $features): State
    {
        if ($state->license === null) {
            return $state;
        }
        foreach ($features as $name) {
            if (!$state->license->features->has($name)) {
                $message = "The license does not include the feature \"$name\".";
                return new State(Status::Refused, $state->source, 'FEATURE_NOT_INCLUDED', $message);
            }
        }
        return $state;
    }

    /**
     * Adds a license file to a record (conformance suite, §The judge, 5).
     *
     * @throws TokenError if it is not for this app and device, has expired or is revoked
     */
    public static function addFile(Record $record, int $now, string $text, Terms $terms): Ruling
    {
        $issuedAt = Token::open($text, Token::FILE, $terms->publicKeys)->claims->iat;
        $issues = array_map(fn (Token $token) => $token->claims->iat, $record->open($terms->publicKeys));
        // A file that is newer than the stored one heals a device whose clock was ahead: no server can.
        if ($issues !== [] && max($issues) < $issuedAt && $issuedAt < $record->floor) {
            $record = $record->with(floor: $issuedAt);
        }
        $clock = Clock::read($record->floor, $issues, $now, $terms->builtAt);
        Verification::verify($text, Token::FILE, $clock->time, $terms, $record->feed);
        $isNewer = $record->tombstone !== null && $record->tombstone['at'] < $issuedAt;
        $stored = $record->with(
            file: Token::removeArmor($text, Token::FILE),
            tombstone: $isNewer ? null : $record->tombstone,
        );
        return self::judge($stored, $now, null, $terms);
    }

    /**
     * Adds a revocation feed to a record. One that is older than the stored one changes nothing.
     *
     * @throws TokenError also if entries between the two are missing (`FEED_GAP`)
     */
    public static function addRevocations(Record $record, int $now, string $text, Terms $terms): Ruling
    {
        $token = Verification::verify($text, Token::REVOCATIONS, $now, $terms, $record->feed);
        $feed = Feed::merge($record->feed, $token->claims);
        if ($feed !== $record->feed) {
            $record = $record->with(feed: $feed, floor: max($record->floor, $token->claims->iat));
        }
        return self::judge($record, $now, null, $terms);
    }

    private static function accept(Record $record, int $at, Verdict $verdict, License $license, Terms $terms): Ruling
    {
        $answer = null;
        $refreshAfter = $verdict->signed === null ? null : $verdict->token?->claims->rfa;
        $validUntil = $verdict->signed === null ? null : $verdict->token?->claims->exp;
        if ($verdict->token === null) {
            $answer = ['at' => $at, 'license' => $license, 'warnings' => $verdict->warnings];
            $refreshAfter = $at + $terms->refresh;
            $validUntil = self::findEnd($at, $license, $terms->hardLimit);
        }
        $state = new State(
            Status::Licensed,
            Source::Server,
            license: $license,
            warnings: $verdict->warnings,
            refreshAfter: $refreshAfter === null ? null : Time::format($refreshAfter),
            validUntil: $validUntil === null ? null : Time::format($validUntil),
        );
        // An answer without a lease removes the stored one, because the plan no longer allows it.
        return new Ruling($state, $record->with(lease: $verdict->signed, answer: $answer, tombstone: null), false);
    }

    private static function refuse(Record $record, int $at, Verdict $verdict): Ruling
    {
        $state = new State(Status::Refused, Source::Server, $verdict->code, $verdict->message);
        // A missing feature says something about the call, not about the license.
        if ($verdict->code === 'FEATURE_NOT_INCLUDED') {
            return new Ruling($state, $record, false);
        }
        $tombstone = ['code' => $verdict->code, 'message' => $verdict->message, 'at' => $at];
        return new Ruling($state, $record->with(lease: null, answer: null, tombstone: $tombstone), false);
    }

    /**
     * @param list<Token> $tokens
     * @return array{State, bool}
     */
    private static function judgeStored(Record $record, array $tokens, Clock $clock, Terms $terms): array
    {
        if ($record->tombstone !== null) {
            ['code' => $code, 'message' => $message] = $record->tombstone;
            return [new State(Status::Refused, Source::Cache, $code, $message), true];
        }
        if ($tokens !== []) {
            return self::judgeTokens($record, $tokens, $clock, $terms);
        }
        if ($terms->publicKeys === [] && $record->answer !== null) {
            return self::judgeAnswer($record->answer, $clock, $terms);
        }
        $message = 'No license is stored here yet, and the server did not answer.';
        return [new State(Status::Unknown, Source::None, 'NO_ANSWER', $message), true];
    }

    /**
     * Of those that are good, the one with the latest end decides.
     *
     * @param non-empty-list<Token> $tokens
     * @return array{State, bool}
     */
    private static function judgeTokens(Record $record, array $tokens, Clock $clock, Terms $terms): array
    {
        usort($tokens, fn (Token $first, Token $second) => $second->claims->exp <=> $first->claims->exp);
        $faults = array_map(
            fn (Token $token) => Verification::findStoredFault($token, $terms, $record->feed, $clock->time),
            $tokens,
        );
        $good = array_search(null, $faults, true);
        if ($good !== false) {
            return self::allow($tokens[$good], $tokens, $clock);
        }
        $revoked = array_search('LICENSE_REVOKED', $faults, true);
        $index = $revoked === false ? 0 : $revoked;
        $error = new TokenError((string) $faults[$index]);
        $status = $revoked === false ? Status::Unknown : Status::Refused;
        return [new State($status, self::sourceOf($tokens[$index]), $error->code, $error->getMessage()), true];
    }

    /**
     * @param list<Token> $all
     * @return array{State, bool}
     */
    private static function allow(Token $token, array $all, Clock $clock): array
    {
        $claims = $token->claims;
        $state = self::buildAllowed(
            [self::sourceOf($token), Verdict::readLicense($claims), $claims->warnings],
            [$claims->rfa, $claims->vld, $claims->exp],
            $clock,
        );
        $isDue = $state->status === Status::Grace || $clock->time >= $claims->rfa;
        foreach ($all as $each) {
            $isDue = $isDue || ($each->isLease() && $clock->time >= $each->claims->rfa);
        }
        return [$state, $isDue];
    }

    /**
     * @param array{at: int, license: License, warnings: list<string>} $answer
     * @return array{State, bool}
     */
    private static function judgeAnswer(array $answer, Clock $clock, Terms $terms): array
    {
        $staleAt = $answer['at'] + $terms->refresh;
        $end = self::findEnd($answer['at'], $answer['license'], $terms->hardLimit);
        if ($clock->time >= $end) {
            $message = 'The license was not confirmed for too long. Connect to the internet.';
            return [new State(Status::Unknown, Source::Cache, 'CACHE_EXPIRED', $message), true];
        }
        $facts = [Source::Cache, $answer['license'], $answer['warnings']];
        $state = self::buildAllowed($facts, [$staleAt, $staleAt, $end], $clock);
        return [$state, $state->status === Status::Grace];
    }

    /**
     * @param array{Source, License, list<string>} $facts
     * @param array{int, int, int} $times when to refresh, when it is stale, and when it ends
     */
    private static function buildAllowed(array $facts, array $times, Clock $clock): State
    {
        [$source, $license, $warnings] = $facts;
        [$refreshAt, $staleAt, $endsAt] = $times;
        $isStale = $clock->time >= $staleAt;
        return new State(
            $isStale ? Status::Grace : Status::Licensed,
            $source,
            license: $license,
            warnings: $clock->isBehind ? [...$warnings, 'CLOCK_BEHIND'] : $warnings,
            staleSince: $isStale ? Time::format($staleAt) : null,
            refreshAfter: Time::format($refreshAt),
            validUntil: Time::format($endsAt),
        );
    }

    /** Returns until when an unsigned answer is used. */
    private static function findEnd(int $at, License $license, int $hardLimit): int
    {
        $limit = $at + $hardLimit;
        $end = $license->expiresAt === null ? null : Time::parse($license->expiresAt);
        // A license in its grace period was valid although its end had passed.
        return $end !== null && $end > $at && $end < $limit ? $end : $limit;
    }

    private static function sourceOf(Token $token): Source
    {
        return $token->isLease() ? Source::Lease : Source::File;
    }
}
