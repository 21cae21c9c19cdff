<?php

declare(strict_types=1);

namespace Licet\Internal;

use Licet\CurlTransport;
use Licet\FileStore;
use Licet\Fingerprint;
use Licet\Keys;
use Licet\LockingStore;
use Licet\Psr16Store;
use Licet\Store;
use Licet\Transport;
use Psr\SimpleCache\CacheInterface;

/** The options of a client, complete and checked. */
final class Context
{
    private const APP_ID = '/\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z/';

    public readonly string $url;
    public readonly LockingStore $store;
    public readonly Transport $transport;
    private ?Fingerprint $device = null;

    /**
     * @param list<string> $publicKeys
     * @param \Closure(): int $clock
     * @param \Closure(float): void $pause
     * @param (\Closure(\Throwable): void)|null $onProblem
     * @throws \InvalidArgumentException that says which option is wrong
     */
    public function __construct(
        string $url,
        public readonly string $appId,
        private readonly ?string $key,
        public readonly ?string $product,
        public readonly array $publicKeys,
        private readonly ?string $domain,
        private readonly string|false|null $fingerprint,
        Store|CacheInterface|null $store,
        public readonly float $timeout,
        private readonly int $refresh,
        private readonly int $hardLimit,
        private readonly int $builtAt,
        ?Transport $transport,
        private readonly \Closure $clock,
        public readonly \Closure $pause,
        private readonly ?\Closure $onProblem,
    ) {
        self::checkAppId($appId);
        foreach ($publicKeys as $index => $publicKey) {
            if (!Ed25519::isSound((string) Token::parseKey($publicKey))) {
                throw new \InvalidArgumentException(
                    "publicKeys[$index] must be a key that `licet signing keys` has printed.",
                );
            }
        }
        foreach (['timeout' => $timeout, 'refresh' => $refresh, 'hardLimit' => $hardLimit] as $name => $value) {
            if ($value <= 0) {
                throw new \InvalidArgumentException("$name must be a number above 0.");
            }
        }
        $this->url = self::parseUrl($url);
        $this->transport = $transport ?? new CurlTransport();
        $store ??= FileStore::forApp($appId);
        $this->store = new FallbackStore($store instanceof Store ? $store : new Psr16Store($store), $this->report(...));
    }

    /** An app ID is part of the path of a file. */
    public static function checkAppId(string $appId): void
    {
        if (preg_match(self::APP_ID, $appId) !== 1) {
            throw new \InvalidArgumentException('appId must be 1–100 letters, digits, dots, dashes or underscores.');
        }
    }

    /** Returns the address of a server without a slash at its end. */
    public static function parseUrl(string $url): string
    {
        $parts = parse_url($url);
        $isBase = is_array($parts) && in_array(strtolower($parts['scheme'] ?? ''), ['http', 'https'], true)
            && isset($parts['host']) && preg_match('/[?#\s]/', $url) !== 1 && !isset($parts['user']);
        return $isBase ? rtrim($url, '/') : throw new \InvalidArgumentException(
            'url must be the address of the server, such as https://licenses.example.com',
        );
    }

    /** Returns the time in whole seconds. */
    public function now(): int
    {
        return (int) ($this->clock)();
    }

    /** A mistake in the app's callback must not stop a check. */
    public function report(\Throwable $problem): void
    {
        try {
            if ($this->onProblem !== null) {
                ($this->onProblem)($problem);
            }
        } catch (\Throwable) {
            // There is no other place to report it to.
        }
    }

    public function buildTerms(Subject $subject): Terms
    {
        return new Terms(
            $this->publicKeys,
            $this->product,
            $subject->fingerprint,
            $subject->domain,
            $this->refresh,
            $this->hardLimit,
            $this->builtAt,
        );
    }

    /**
     * Completes what a call says with the options of the client and the fingerprint of the device.
     *
     * @param string|false|null $domain false names none, as with `fingerprint`
     */
    public function resolve(
        ?string $key = null,
        string|false|null $domain = null,
        string|false|null $fingerprint = null,
    ): Subject {
        $key ??= $this->key;
        $domain ??= $this->domain;
        $fingerprint = is_string($fingerprint) && Text::isBlank($fingerprint) ? null : $fingerprint;
        $fingerprint ??= $this->fingerprint;
        $isBlank = is_string($fingerprint) && Text::isBlank($fingerprint);
        if ($fingerprint === null || $isBlank) {
            $fingerprint = is_string($domain) ? false : $this->findDevice()->value;
        }
        return new Subject(
            $key === null || Text::isBlank($key) ? null : Keys::normalize($key) ?? Text::trim($key),
            $this->product,
            $fingerprint === false ? null : $fingerprint,
            $domain === false ? null : $domain,
        );
    }

    /** Returns the fingerprint of this device, which stays the same as long as the client. */
    public function findDevice(): Fingerprint
    {
        return $this->device ??= Fingerprint::find($this->appId, $this->store);
    }

    /**
     * Changes the record of a subject. It is read right before, since another process may have changed it,
     * and written only if it differs.
     *
     * @template T of object{record: Record}
     * @param callable(Record): T $change
     * @return T
     */
    public function changeRecord(Subject $subject, callable $change): object
    {
        $name = $subject->nameRecord();
        return $this->store->locked($name, function () use ($name, $change): object {
            $record = Record::parse($this->store->get($name));
            $result = $change($record);
            $text = Json::encode($result->record);
            if ($text !== Json::encode($record)) {
                $this->store->put($name, $text);
            }
            return $result;
        });
    }

    public function readRecord(Subject $subject): Record
    {
        return Record::parse($this->store->get($subject->nameRecord()));
    }
}
