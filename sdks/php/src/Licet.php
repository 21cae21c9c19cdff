<?php

declare(strict_types=1);

namespace Licet;

use Closure;
use Licet\Internal\Background;
use Licet\Internal\Checks;
use Licet\Internal\Context;
use Licet\Internal\Judge;
use Licet\Internal\OfflineCodes;
use Licet\Internal\Record;
use Licet\Internal\Requests;
use Licet\Internal\Subject;
use Licet\Internal\Terms;
use Licet\Internal\Text;
use Licet\Internal\Token;
use Psr\SimpleCache\CacheInterface;

/**
 * Checks the license of an app. Each call may replace the `key`, `domain` and `fingerprint` of the client.
 */
final class Licet
{
    public readonly Seats $seats;
    private readonly Context $context;
    private readonly Requests $requests;
    private readonly Checks $checks;

    /**
     * @param string $url the address of the server, such as `https://licenses.example.com`
     * @param string $appId the name of your app in letters, digits, dots and dashes. Never change it
     * @param string|null $key the customer's license key, as it was pasted. Not needed with a license file
     * @param string|null $product the slug of your product, so that a key for another product is refused
     * @param list<string> $publicKeys those that `licet signing keys` prints: with them, no other server can
     *     answer
     * @param string|null $domain the site on which the app runs. With it, a device is only named if
     *     `fingerprint` is given
     * @param string|false|null $fingerprint the device; that of `Fingerprint::find` by default. `false` names none
     * @param Store|CacheInterface|null $store where the record is kept; a file in the user's configuration
     *     directory by default
     * @param float $timeout how long to wait for an answer, in seconds
     * @param int $refresh after how many seconds an answer is refreshed if no keys are pinned. With keys, the
     *     plan decides
     * @param int $hardLimit for how many seconds it is used at most
     * @param (callable(): int)|null $clock returns the time in seconds since 1970
     * @param \DateTimeInterface|null $builtAt when the app was built: a clock that shows an earlier time is wrong
     * @param (callable(\Throwable): void)|null $onProblem receives every failure that is not thrown, for your log
     * @param (callable(callable(): void): void)|null $background calls its argument later, when nobody waits
     * @param (callable(float): void)|null $pause waits for so many seconds, for event loops
     * @throws \InvalidArgumentException that says which option is wrong
     */
    public function __construct(
        string $url,
        string $appId,
        ?string $key = null,
        ?string $product = null,
        array $publicKeys = [],
        ?string $domain = null,
        string|false|null $fingerprint = null,
        Store|CacheInterface|null $store = null,
        float $timeout = 3.0,
        int $refresh = 86_400,
        int $hardLimit = 2_592_000,
        ?Transport $transport = null,
        ?callable $clock = null,
        ?\DateTimeInterface $builtAt = null,
        ?callable $onProblem = null,
        ?callable $background = null,
        ?callable $pause = null,
    ) {
        $this->context = new Context(
            $url,
            $appId,
            $key,
            $product,
            $publicKeys,
            $domain,
            $fingerprint,
            $store,
            $timeout,
            $refresh,
            $hardLimit,
            $builtAt?->getTimestamp() ?? 0,
            $transport,
            Closure::fromCallable($clock ?? 'time'),
            Closure::fromCallable($pause ?? fn (float $seconds) => usleep((int) ($seconds * 1_000_000))),
            $onProblem === null ? null : Closure::fromCallable($onProblem),
        );
        $this->requests = new Requests($this->context);
        $background = Closure::fromCallable($background ?? Background::run(...));
        $this->checks = new Checks($this->context, $this->requests, $background);
        $this->seats = new Seats($this->context, $this->requests);
    }

    /**
     * Decides whether the app may run. Never throws because of the network, the server or the store. Returns
     * at once if a stored license allows it.
     *
     * @param list<string> $features without which the state is `refused`
     * @param bool $fresh waits for the server even if the record allows the app to run
     * @param string|null $name a name for the device, for the vendor's list
     * @param string|null $version the version of the app, for the vendor's statistics
     */
    public function check(
        array $features = [],
        bool $fresh = false,
        ?string $key = null,
        ?string $domain = null,
        string|false|null $fingerprint = null,
        ?string $name = null,
        ?string $version = null,
    ): State {
        $subject = $this->context->resolve($key, $domain, $fingerprint);
        $state = $this->checks->check($subject, ['name' => $name, 'version' => $version], $fresh);
        return Judge::requireFeatures($state, $features);
    }

    /** Does the refreshes that are due: call it between the jobs of a worker that never ends. */
    public function whenIdle(): void
    {
        $this->checks->runPending();
    }

    /**
     * Asks the server in any case. A refusal is returned, not thrown.
     *
     * @throws NoAnswer
     * @throws LicetProblem if the request was wrong
     */
    public function validate(
        ?string $key = null,
        ?string $domain = null,
        string|false|null $fingerprint = null,
        ?string $name = null,
        ?string $version = null,
    ): Validation {
        $subject = $this->context->resolve($key, $domain, $fingerprint);
        [, $verdict, $failure] = $this->checks->refresh($subject, ['name' => $name, 'version' => $version]);
        if ($verdict === null) {
            throw $failure ?? new NoAnswer('network', 'There is no answer.');
        }
        return $verdict->license === null
            ? new Validation(false, error: $verdict->code, message: $verdict->message, details: $verdict->details)
            : new Validation(true, $verdict->license, $verdict->warnings);
    }

    /**
     * Activates the domain, or else the device. Repeating it returns the same activation.
     *
     * @param string|null $name a name for the device, for the vendor's list
     * @throws LicetProblem with the code of the refusal, such as `DEVICE_LIMIT_REACHED`
     * @throws NoAnswer
     */
    public function activate(
        ?string $name = null,
        ?string $key = null,
        ?string $domain = null,
        ?string $fingerprint = null,
    ): Activation {
        $subject = $this->context->resolve($key, $domain, $fingerprint);
        $fields = [...self::describePlace($subject), 'name' => $name];
        [$response, $proof] = $this->requests->post('/activate', $fields, 'lease');
        [$body, $verdict] = $this->requests->readGrant($response, $proof, $subject);
        if ($verdict !== null) {
            $terms = $this->context->buildTerms($subject);
            $change = fn (Record $record) => Judge::judge($record, $this->context->now(), $verdict, $terms);
            $this->context->changeRecord($subject, $change);
        }
        return self::readActivation($body);
    }

    /**
     * Frees the slot of the domain, or else of the device, and deletes the stored license.
     *
     * @throws LicetProblem
     * @throws NoAnswer
     */
    public function deactivate(?string $key = null, ?string $domain = null, ?string $fingerprint = null): Activation
    {
        $subject = $this->context->resolve($key, $domain, $fingerprint);
        [$response, $proof] = $this->requests->post('/deactivate', self::describePlace($subject), null);
        [$body] = $this->requests->readGrant($response, $proof, $subject);
        $this->context->store->delete($subject->nameRecord());
        return self::readActivation($body);
    }

    /**
     * Imports a license file, and returns the state with it.
     *
     * @param list<string> $features without which the state is `refused`
     * @throws TokenError if it is not for this app and device
     */
    public function importFile(
        string $text,
        array $features = [],
        ?string $key = null,
        ?string $domain = null,
        string|false|null $fingerprint = null,
    ): State {
        $subject = $this->context->resolve($key, $domain, $fingerprint);
        return Judge::requireFeatures($this->import($subject, Judge::addFile(...), $text), $features);
    }

    /**
     * Imports a revocation feed on a device without a connection, and returns the state with it.
     *
     * @throws TokenError
     */
    public function importRevocations(
        string $text,
        ?string $key = null,
        ?string $domain = null,
        string|false|null $fingerprint = null,
    ): State {
        return $this->import($this->context->resolve($key, $domain, $fingerprint), Judge::addRevocations(...), $text);
    }

    /** Returns the code with which a device without a connection asks for a license file. */
    public function createOfflineRequest(
        ?string $name = null,
        ?string $key = null,
        ?string $fingerprint = null,
    ): OfflineRequest {
        $subject = $this->context->resolve($key, null, $fingerprint);
        $code = OfflineCodes::encodeRequest(
            $this->context->product,
            $subject->requireKey(),
            $subject->fingerprint ?? $this->context->findDevice()->value,
            $name === '' ? null : $name,
            Requests::createNonce(),
        );
        return new OfflineRequest($code, "{$this->context->url}/offline#$code");
    }

    /**
     * Deletes the license file of this device, and returns the code that frees its slot, such as
     * `7Q4MX-0ZD9K`. The same file cannot be imported again.
     *
     * @throws TokenError without a file that is bound to a device or domain
     */
    public function returnFile(
        ?string $key = null,
        ?string $domain = null,
        string|false|null $fingerprint = null,
    ): string {
        $subject = $this->context->resolve($key, $domain, $fingerprint);
        $change = function (Record $record): object {
            $files = array_filter($record->open($this->context->publicKeys), fn (Token $token) => !$token->isLease());
            $claims = reset($files) ? reset($files)->claims : null;
            if ($claims === null || $claims->ret === null) {
                throw new TokenError('MALFORMED', 'There is no license file that can be returned.');
            }
            $message = 'The license of this device was returned.';
            $tombstone = ['code' => 'FILE_RETURNED', 'message' => $message, 'at' => $claims->iat];
            return (object) [
                'record' => $record->with(file: null, tombstone: $tombstone),
                'code' => OfflineCodes::computeReturnCode($claims->ret, $claims->jti),
            ];
        };
        return $this->context->changeRecord($subject, $change)->code;
    }

    /**
     * Returns the state that a license file or a lease gives on its own, without a client, a store or a
     * network. Any other text is `unknown`, with a code such as `SIGNATURE_INVALID`.
     *
     * @param list<string> $publicKeys
     * @param list<string> $features without which the state is `refused`
     * @param int|null $now in seconds since 1970
     */
    public static function verify(
        string $text,
        array $publicKeys,
        ?string $product = null,
        ?string $fingerprint = null,
        ?string $domain = null,
        array $features = [],
        ?int $now = null,
    ): State {
        try {
            $token = Token::openEither(Text::trim($text), Token::FILE, Token::LEASE, $publicKeys);
        } catch (TokenError $error) {
            return new State(Status::Unknown, Source::None, $error->code, $error->getMessage());
        }
        $terms = new Terms($publicKeys, $product, $fingerprint, $domain);
        $state = Judge::judgeOpened(new Record(), [$token], $now ?? time(), $terms)->state;
        return Judge::requireFeatures($state, $features);
    }

    /** @param callable(Record, int, string, Terms): Internal\Ruling $add */
    private function import(Subject $subject, callable $add, string $text): State
    {
        if ($this->context->publicKeys === []) {
            throw new \InvalidArgumentException('Pass `publicKeys` to the client, since files are verified with them.');
        }
        $terms = $this->context->buildTerms($subject);
        $change = fn (Record $record) => $add($record, $this->context->now(), Text::trim($text), $terms);
        return $this->context->changeRecord($subject, $change)->state;
    }

    /**
     * The server wants either a domain or a fingerprint.
     *
     * @return array<string, string>
     */
    private static function describePlace(Subject $subject): array
    {
        $place = $subject->domain === null
            ? ['fingerprint' => $subject->fingerprint]
            : ['domain' => $subject->domain];
        if (in_array(null, $place, true)) {
            throw new \InvalidArgumentException('Pass the domain or the fingerprint to activate or deactivate.');
        }
        return ['key' => $subject->requireKey(), ...$place];
    }

    private static function readActivation(\stdClass $body): Activation
    {
        return new Activation(
            Requests::readMember($body, 'id'),
            ($body->kind ?? null) === 'domain' ? 'domain' : 'device',
            Requests::readMember($body, 'value'),
            is_string($body->name ?? null) ? $body->name : null,
            Requests::readMember($body, 'created_at'),
        );
    }
}
