<?php

declare(strict_types=1);

namespace Licet\Admin;

use Licet\CurlTransport;
use Licet\Internal\Context;
use Licet\Internal\Http;
use Licet\Internal\Json;
use Licet\Internal\Requests;
use Licet\Internal\Retry;
use Licet\LicetProblem;
use Licet\NoAnswer;
use Licet\Request;
use Licet\Response;
use Licet\Transport;
use Licet\Version;
use stdClass;

/** Sends the requests of one LicetAdmin. */
final class Connection
{
    private const BYTES_MAX = 67_108_864;
    /** A POST is idempotent, too, because it always has an Idempotency-Key. */
    private const REPEATED_METHODS = ['GET', 'HEAD', 'PUT', 'DELETE', 'POST'];
    /** PHP cannot tell an empty map from an empty list. These members are maps. */
    private const MAPS = ['features', 'metadata'];

    private readonly string $url;

    public function __construct(
        string $url,
        private readonly string $token,
        private readonly float $timeout,
        private readonly int $retries,
        private readonly Transport $transport = new CurlTransport(),
    ) {
        $this->url = Context::parseUrl($url);
        if (trim($token) === '') {
            throw new \InvalidArgumentException('LicetAdmin needs an API key as its second argument.');
        }
    }

    /**
     * Returns the JSON of the response, its text, or null if it has no body.
     *
     * @param array<string, mixed>|stdClass|null $body
     * @param array<string, mixed> $query a list is joined with commas, and null is left out
     * @throws LicetProblem
     * @throws NoAnswer
     */
    public function send(
        string $method,
        string $path,
        array|stdClass|null $body = null,
        array $query = [],
        CallOptions $options = new CallOptions(),
    ): mixed {
        // Without the slash, the path could change the host.
        if (!str_starts_with($path, '/')) {
            throw new \InvalidArgumentException("A path starts with a slash, unlike $path.");
        }
        $request = new Request(
            $method,
            $this->url . self::buildTarget($path, $query),
            $this->buildHeaders($method, $body !== null, $options),
            $body === null ? null : Json::encode(self::keepMaps((array) $body, true)),
            $options->timeout ?? $this->timeout,
            self::BYTES_MAX,
        );
        $retries = in_array($method, self::REPEATED_METHODS, true) ? $options->retries ?? $this->retries : 0;
        $pause = fn (float $seconds) => usleep((int) ($seconds * 1_000_000));
        return Retry::run($retries + 1, INF, $pause, fn () => self::read(Http::send($this->transport, $request)));
    }

    /** @param array<string, mixed> $query */
    private static function buildTarget(string $path, array $query): string
    {
        $texts = array_map(fn (mixed $value) => match (true) {
            is_bool($value) => $value ? 'true' : 'false',
            is_array($value) => implode(',', $value),
            default => $value,
        }, $query);
        $encoded = http_build_query($texts);
        return $encoded === '' ? $path : $path . (str_contains($path, '?') ? '&' : '?') . $encoded;
    }

    /** @return array<string, string> */
    private function buildHeaders(string $method, bool $hasBody, CallOptions $options): array
    {
        $headers = [
            'accept' => 'application/json',
            'authorization' => 'Bearer ' . trim($this->token),
            'user-agent' => Version::USER_AGENT,
        ];
        if ($method === 'POST') {
            $headers['idempotency-key'] = $options->idempotencyKey ?? Requests::createNonce();
        }
        if ($options->ifMatch !== null) {
            $headers['if-match'] = "\"$options->ifMatch\"";
        }
        return $hasBody ? $headers + ['content-type' => 'application/json'] : $headers;
    }

    /** @param array<string, mixed> $body */
    private static function keepMaps(array $body, bool $isMap = false): mixed
    {
        foreach ($body as $name => $value) {
            if (is_array($value)) {
                $body[$name] = self::keepMaps($value, in_array($name, self::MAPS, true));
            }
        }
        return $isMap ? (object) $body : $body;
    }

    private static function read(Response $response): mixed
    {
        $type = $response->headers['content-type'] ?? '';
        $isJson = preg_match('~\Aapplication/(?:[\w.]+\+)?json\b~i', $type) === 1;
        if ($response->status >= 400) {
            throw new LicetProblem(
                $response->status,
                $isJson ? Json::parseObject($response->body) ?? new stdClass() : new stdClass(),
                $response->headers['x-request-id'] ?? null,
                Retry::parseAfter($response->headers['retry-after'] ?? null, time()),
            );
        }
        $text = Http::requireWhole($response)->body;
        if (!$isJson) {
            return $text === '' ? null : $text;
        }
        try {
            return json_decode($text, false, 512, JSON_THROW_ON_ERROR);
        } catch (\JsonException $exception) {
            $message = 'The response is not JSON, although it says so.';
            throw new NoAnswer('not_licet', $message, $response->status, previous: $exception);
        }
    }
}
