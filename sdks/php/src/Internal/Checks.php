<?php

declare(strict_types=1);

namespace Licet\Internal;

use Licet\LicetProblem;
use Licet\NoAnswer;
use Licet\State;
use Licet\Status;

/**
 * Checks licenses. If the record allows the app to run, a check returns at once, and refreshes the record
 * after the response was sent. Otherwise it waits for the server.
 */
final class Checks
{
    /** A refresh is due earlier by up to this part of its time, so that not all apps ask at once. */
    private const JITTER_MAX = 0.1;
    /** The seconds between two refreshes in the background, which fail or do not help if the clock is wrong. */
    private const PAUSE = 60;
    private const POLL_SECONDS = 0.01;
    /** A server may check the licenses of many customers with one client. */
    private const LATEST_MAX = 1000;

    private readonly float $jitter;
    /** @var array<string, bool> the records that are being refreshed */
    private array $running = [];
    /** @var array<string, array{State, ?Verdict, NoAnswer|LicetProblem|null}> what those who wait for it get */
    private array $latest = [];
    /** @var array<string, array{\Closure(): void, float}> refreshes that are due, and since when */
    private array $pending = [];
    private bool $isScheduled = false;

    /** @param \Closure(callable(): void): void $background */
    public function __construct(
        private readonly Context $context,
        private readonly Requests $requests,
        private readonly \Closure $background,
    ) {
        $this->jitter = random_int(0, 1_000_000) / 1_000_000 * self::JITTER_MAX;
    }

    /** @param array<string, ?string> $notes */
    public function check(Subject $subject, array $notes, bool $fresh): State
    {
        $ruling = $this->judgeWithJitter($subject);
        $state = $ruling->state;
        if ($subject->key === null) {
            return self::explainMissingKey($state);
        }
        if ($state->allowed && !$fresh) {
            if ($ruling->refresh) {
                $this->refreshLater($subject, $notes);
            }
            return $state;
        }
        $attemptsMax = $state->status === Status::Unknown ? Requests::ATTEMPTS_MAX : 1;
        return $this->refreshOnce($subject, $notes, $attemptsMax);
    }

    /**
     * Validates a license, and changes its record by the verdict. Returns the state, the verdict, or why
     * there is none.
     *
     * @param array<string, ?string> $notes facts about the device: `name` and `version`
     * @return array{State, ?Verdict, NoAnswer|LicetProblem|null}
     */
    public function refresh(Subject $subject, array $notes, ?int $attemptsMax = null): array
    {
        $attemptsMax ??= $this->judge($subject)->state->status === Status::Unknown ? Requests::ATTEMPTS_MAX : 1;
        $fields = [
            'key' => $subject->requireKey(),
            'product' => $subject->product,
            'fingerprint' => $subject->fingerprint,
            'domain' => $subject->domain,
            ...$notes,
        ];
        $terms = $this->context->buildTerms($subject);
        $response = null;
        try {
            [$response, $proof] = $this->requests->post('/validate', $fields, 'lease', $attemptsMax);
        } catch (NoAnswer $failure) {
            $found = $failure;
        }
        $change = function (Record $record) use (&$found, $response, $terms, &$proof): Ruling {
            $found = $response === null ? $found : Verdict::read($response, $terms, $proof, $record->feed);
            $verdict = $found instanceof Verdict ? $found : null;
            return Judge::judge($record, $this->context->now(), $verdict, $terms);
        };
        $state = $this->context->changeRecord($subject, $change)->state;
        return $found instanceof Verdict ? [$state, $found, null] : [$state, null, $found];
    }

    /** Judges a license by its record alone. */
    public function judge(Subject $subject): Ruling
    {
        $terms = $this->context->buildTerms($subject);
        $change = fn (Record $record) => Judge::judge($record, $this->context->now(), null, $terms);
        return $this->context->changeRecord($subject, $change);
    }

    /** Does the refreshes that are due. */
    public function runPending(): void
    {
        $this->isScheduled = false;
        [$pending, $this->pending] = [$this->pending, []];
        foreach ($pending as [$refresh]) {
            try {
                $refresh();
            } catch (\Exception $exception) {
                $this->context->report($exception);
            }
        }
    }

    private function judgeWithJitter(Subject $subject): Ruling
    {
        $ruling = $this->judge($subject);
        $isDue = $ruling->refresh || $this->isAlmostDue($ruling->record, $subject);
        return new Ruling($ruling->state, $ruling->record, $isDue);
    }

    private function isAlmostDue(Record $record, Subject $subject): bool
    {
        $now = $this->context->now();
        $terms = $this->context->buildTerms($subject);
        foreach ($record->open($terms->publicKeys) as $token) {
            if ($token->isLease()) {
                ['rfa' => $refreshAt, 'iat' => $issuedAt] = (array) $token->claims;
                return $now >= $refreshAt - ($refreshAt - $issuedAt) * $this->jitter;
            }
        }
        return $record->answer !== null && $now >= $record->answer['at'] + $terms->refresh * (1 - $this->jitter);
    }

    /** @param array<string, ?string> $notes */
    private function refreshLater(Subject $subject, array $notes): void
    {
        $name = $subject->nameRecord();
        if (isset($this->pending[$name])) {
            // A worker that never ends has no end of the request at which it could be done.
            if (self::measure() - $this->pending[$name][1] > self::PAUSE) {
                $this->runPending();
            }
            return;
        }
        if (isset($this->running[$name]) || !$this->claimRefresh($name)) {
            return;
        }
        $this->pending[$name] = [fn () => $this->refreshOnce($subject, $notes, 1), self::measure()];
        if (!$this->isScheduled) {
            $this->isScheduled = true;
            ($this->background)($this->runPending(...));
        }
    }

    /** Whether no other process has started a refresh within the last minute. */
    private function claimRefresh(string $name): bool
    {
        return $this->context->store->locked($name, function () use ($name): bool {
            $now = $this->context->now();
            $latest = (int) $this->context->store->get("$name-refresh");
            if ($latest <= $now && $now - $latest < self::PAUSE) {
                return false;
            }
            $this->context->store->put("$name-refresh", (string) $now);
            return true;
        });
    }

    /**
     * Calls about the same record share one request. Only with a transport of an event loop can there be
     * two at the same time.
     *
     * @param array<string, ?string> $notes
     */
    private function refreshOnce(Subject $subject, array $notes, int $attemptsMax): State
    {
        $name = $subject->nameRecord();
        if (isset($this->running[$name])) {
            while (isset($this->running[$name])) {
                ($this->context->pause)(self::POLL_SECONDS);
            }
            return $this->latest[$name][0] ?? $this->judge($subject)->state;
        }
        $this->running[$name] = true;
        $this->latest = count($this->latest) < self::LATEST_MAX ? $this->latest : [];
        unset($this->latest[$name]);
        try {
            $this->latest[$name] = $this->refresh($subject, $notes, $attemptsMax);
        } finally {
            unset($this->running[$name]);
        }
        [$state, , $failure] = $this->latest[$name];
        if ($failure !== null) {
            $this->context->report($failure);
        }
        return $state;
    }

    /** Says why there is no answer: without a license key, the server was not asked. */
    private static function explainMissingKey(State $state): State
    {
        return $state->code === 'NO_ANSWER'
            ? new State($state->status, $state->source, $state->code, 'There is no license key yet.')
            : $state;
    }

    /** Returns the seconds of a clock that nobody can set. */
    private static function measure(): float
    {
        return hrtime(true) / 1e9;
    }
}
