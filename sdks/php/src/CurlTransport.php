<?php

declare(strict_types=1);

namespace Licet;

/** Uses the extension curl, and the proxy of the environment (`https_proxy`, `no_proxy`). */
final class CurlTransport implements Transport
{
    /**
     * @param string|null $proxy such as `http://proxy.example.com:3128`
     * @param string|null $caFile the certificate authorities to trust, in PEM
     */
    public function __construct(
        private readonly ?string $proxy = null,
        private readonly ?string $caFile = null,
    ) {
    }

    public function send(Request $request): Response
    {
        $headers = [];
        $body = '';
        $isCut = false;
        $options = $this->buildOptions($request) + [
            CURLOPT_HEADERFUNCTION => function (\CurlHandle $curl, string $line) use (&$headers): int {
                // A status line starts the headers of the next response, such as one after "100 Continue".
                $headers = str_starts_with($line, 'HTTP/') ? [] : $headers;
                $parts = explode(':', $line, 2);
                if (count($parts) === 2) {
                    $headers[strtolower(trim($parts[0]))] = trim($parts[1]);
                }
                return strlen($line);
            },
            CURLOPT_WRITEFUNCTION => function (\CurlHandle $curl, string $part) use (&$body, &$isCut, $request): int {
                $isCut = strlen($body) + strlen($part) > $request->bytesMax;
                $body .= $isCut ? '' : $part;
                return $isCut ? 0 : strlen($part);
            },
        ];
        $curl = curl_init();
        curl_setopt_array($curl, $options);
        $isDone = curl_exec($curl);
        $status = (int) curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        $failure = [curl_errno($curl), curl_error($curl)];
        if ($isDone === false && !$isCut) {
            throw self::explain(...$failure);
        }
        return new Response($status, $headers, $body, $isCut);
    }

    /** @return array<int, mixed> */
    private function buildOptions(Request $request): array
    {
        $lines = [];
        foreach ($request->headers as $name => $value) {
            $lines[] = "$name: $value";
        }
        $milliseconds = max(1, (int) round($request->timeout * 1000));
        $options = [
            CURLOPT_URL => $request->url,
            CURLOPT_CUSTOMREQUEST => $request->method,
            // Without "Expect", a large body is sent at once.
            CURLOPT_HTTPHEADER => [...$lines, 'expect:'],
            CURLOPT_TIMEOUT_MS => $milliseconds,
            CURLOPT_CONNECTTIMEOUT_MS => $milliseconds,
            CURLOPT_NOSIGNAL => true,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
        ];
        if ($request->body !== null) {
            $options[CURLOPT_POSTFIELDS] = $request->body;
        }
        if ($this->proxy !== null) {
            $options[CURLOPT_PROXY] = $this->proxy;
        }
        if ($this->caFile !== null) {
            $options[CURLOPT_CAINFO] = $this->caFile;
        }
        return $options;
    }

    private static function explain(int $number, string $error): NoAnswer
    {
        return $number === CURLE_OPERATION_TIMEDOUT
            ? new NoAnswer('timeout', "The server did not answer in time: $error.")
            : new NoAnswer('network', "The server cannot be reached: $error.");
    }
}
