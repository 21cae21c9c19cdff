<?php

declare(strict_types=1);

namespace Licet\Internal;

use Licet\LicetProblem;
use Licet\NoAnswer;
use Licet\Request;
use Licet\Response;
use Licet\Version;
use stdClass;

/** The requests of an app. */
final class Requests
{
    public const ATTEMPTS_MAX = 3;
    private const TOTAL_SECONDS = 10.0;
    private const BYTES_MAX = 1_048_576;

    public function __construct(private readonly Context $context)
    {
    }

    /**
     * Sends a request, and returns the response with the proof that a signed answer to it must have.
     *
     * @param array<string, mixed> $fields null is left out
     * @param string|null $signing what to ask for if keys are pinned: `lease`, `answer` or nothing
     * @return array{Response, Proof}
     * @throws NoAnswer if all attempts fail
     */
    public function post(string $path, array $fields, ?string $signing, int $attemptsMax = self::ATTEMPTS_MAX): array
    {
        $isSigned = $signing !== null && $this->context->publicKeys !== [];
        $attempt = function (float $remaining) use ($path, $fields, $signing, $isSigned): array {
            $nonce = $isSigned ? self::createNonce() : null;
            $lease = $isSigned && $signing === 'lease' ? true : null;
            $known = array_filter(
                [...$fields, 'lease' => $lease, 'nonce' => $nonce],
                fn (mixed $value) => $value !== null,
            );
            $body = Json::encode((object) $known);
            return [$this->send($path, $body, $remaining), new Proof($nonce, $body, $path)];
        };
        return Retry::run($attemptsMax, self::TOTAL_SECONDS, $this->context->pause, $attempt);
    }

    /**
     * Returns what the server granted: the body, and a verdict if keys are pinned and something was signed.
     *
     * @return array{stdClass, ?Verdict}
     * @throws LicetProblem if it refuses
     * @throws NoAnswer if the response is not one of Licet or, with pinned keys, not signed
     */
    public function readGrant(Response $response, Proof $proof, Subject $subject): array
    {
        $body = Json::parseObject($response->body);
        if ($response->status !== 200) {
            throw Verdict::readFailure($response->status, $body ?? new stdClass());
        }
        if ($body === null) {
            throw new NoAnswer('not_licet', 'The response does not come from Licet.');
        }
        if ($proof->nonce === null) {
            return [$body, null];
        }
        $feed = $this->context->readRecord($subject)->feed;
        $verdict = Verdict::read($response, $this->context->buildTerms($subject), $proof, $feed);
        if (!$verdict instanceof Verdict) {
            throw $verdict;
        }
        if ($verdict->license === null) {
            throw new NoAnswer('signature', 'The response grants what its signature refuses.');
        }
        return [$body, $verdict];
    }

    /** Returns a member of a response that is a text. */
    public static function readMember(stdClass $body, string $name): string
    {
        return Json::readText($body, $name) ?? throw new NoAnswer('not_licet', "The response has no \"$name\".");
    }

    public static function createNonce(): string
    {
        return Text::toBase64Url(random_bytes(16));
    }

    private function send(string $path, string $body, float $remaining): Response
    {
        $headers = [
            'content-type' => 'application/json',
            'accept' => 'application/json',
            'user-agent' => Version::USER_AGENT,
        ];
        $url = $this->context->url . '/api/v1' . $path;
        $timeout = min($this->context->timeout, $remaining);
        $response = Http::send(
            $this->context->transport,
            new Request('POST', $url, $headers, $body, $timeout, self::BYTES_MAX),
        );
        if (Retry::isPassingStatus($response->status)) {
            $after = Retry::parseAfter($response->headers['retry-after'] ?? null, time());
            throw new NoAnswer('status', "The server answered $response->status.", $response->status, $after);
        }
        return Http::requireWhole($response);
    }
}
