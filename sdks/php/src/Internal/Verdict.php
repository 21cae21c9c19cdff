<?php

declare(strict_types=1);

namespace Licet\Internal;

use Licet\Features;
use Licet\License;
use Licet\LicetProblem;
use Licet\NoAnswer;
use Licet\Response;
use Licet\TokenError;
use stdClass;

/** What a server has decided about a license. */
final class Verdict
{
    /**
     * @param int|null $at when the server decided, in seconds; null if it did not say
     * @param License|null $license only if it is valid
     * @param list<string> $warnings
     * @param string|null $signed the lease to store
     * @param Token|null $token what was signed
     */
    private function __construct(
        public readonly ?int $at,
        public readonly ?License $license = null,
        public readonly array $warnings = [],
        public readonly ?string $signed = null,
        public readonly ?Token $token = null,
        public readonly string $code = '',
        public readonly string $message = '',
        public readonly stdClass $details = new stdClass(),
    ) {
    }

    /**
     * Decides whether a response is a verdict (conformance suite, §The judge, 1). With pinned keys, only a
     * signed answer is one, and nothing beside it is read. Otherwise returns why it is none.
     */
    public static function read(
        Response $response,
        Terms $terms,
        Proof $proof,
        ?Feed $feed,
    ): self|NoAnswer|LicetProblem {
        $body = Json::parseObject($response->body) ?? new stdClass();
        $failure = self::readFailure($response->status, $body);
        if ($response->status !== 200 && $response->status !== 404) {
            return $failure;
        }
        if ($terms->publicKeys !== []) {
            $found = self::readSigned($body->signed ?? null, $terms, $proof, $feed);
            return $found instanceof NoAnswer && $failure instanceof LicetProblem ? $failure : $found;
        }
        return self::readPlain($response, $body) ?? $failure;
    }

    /** Returns what a response reports that grants nothing: a problem, or nothing that counts. */
    public static function readFailure(int $status, stdClass $body): NoAnswer|LicetProblem
    {
        if ($status >= 400 && $status < 500 && is_string($body->code ?? null)) {
            return new LicetProblem($status, $body);
        }
        return new NoAnswer('not_licet', "The response with status $status does not come from Licet.", $status);
    }

    /** Returns the license that a token proves. */
    public static function readLicense(stdClass $claims): License
    {
        $end = $claims->end === null ? null : Time::format($claims->end);
        return new License($claims->sub, $claims->plan, new Features($claims->features), $end);
    }

    private static function readPlain(Response $response, stdClass $body): ?self
    {
        $at = Time::parseHeader($response->headers['date'] ?? null);
        $granted = $response->status === 200 ? Record::parseValidBody($body) : null;
        if ($granted !== null) {
            return new self($at, $granted['license'], $granted['warnings']);
        }
        $code = Json::readText($body, 'error');
        $message = Json::readText($body, 'message');
        if (($body->valid ?? null) !== false || $code === null || $message === null) {
            return null;
        }
        return self::refuse($at, $code, $message, $body->details ?? null);
    }

    private static function readSigned(mixed $signed, Terms $terms, Proof $proof, ?Feed $feed): self|NoAnswer
    {
        if (!is_string($signed)) {
            return new NoAnswer('signature', 'The response is not signed.');
        }
        try {
            $token = Token::openEither($signed, Token::LEASE, Token::ANSWER, $terms->publicKeys);
        } catch (TokenError $error) {
            return new NoAnswer('signature', $error->getMessage(), previous: $error);
        }
        $fault = Verification::findProofFault($token, $proof, $feed);
        if ($fault !== null) {
            return new NoAnswer('signature', "The signature proves nothing: $fault.");
        }
        $claims = $token->claims;
        if (!$claims->valid) {
            return self::refuse($claims->iat, $claims->error, $claims->message, $claims->details ?? null);
        }
        if ($terms->product !== null && $claims->aud !== $terms->product) {
            return new NoAnswer('signature', 'The signed answer is about another product.');
        }
        $lease = $token->isLease() ? $signed : null;
        return new self($claims->iat, self::readLicense($claims), $claims->warnings, $lease, $token);
    }

    private static function refuse(?int $at, string $code, string $message, mixed $details): self
    {
        $facts = $details instanceof stdClass ? $details : new stdClass();
        return new self($at, code: $code, message: $message, details: $facts);
    }
}
