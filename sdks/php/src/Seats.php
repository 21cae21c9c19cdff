<?php

declare(strict_types=1);

namespace Licet;

use Licet\Internal\Context;
use Licet\Internal\Judge;
use Licet\Internal\Record;
use Licet\Internal\Requests;
use Licet\Internal\Time;
use Licet\Internal\Verdict;
use stdClass;

/** Floating seats, which many devices share. All calls throw NoAnswer, too. */
final class Seats
{
    /** @internal */
    public function __construct(
        private readonly Context $context,
        private readonly Requests $requests,
    ) {
    }

    /**
     * Acquires a floating seat for the device. Repeating it returns the same seat.
     *
     * @param string|null $name a name for the device, for the vendor's list
     * @param int|null $borrowDays keeps the seat for so many days, without a connection
     * @throws LicetProblem with the code `SEAT_LIMIT_REACHED` if all seats are in use
     */
    public function acquire(
        ?string $name = null,
        ?int $borrowDays = null,
        ?string $key = null,
        ?string $fingerprint = null,
    ): Seat {
        $subject = $this->context->resolve($key, false, $fingerprint);
        $fields = [
            'key' => $subject->requireKey(),
            'fingerprint' => $subject->fingerprint ?? $this->context->findDevice()->value,
            'name' => $name,
            'borrow_days' => $borrowDays,
        ];
        // The lease of a seat that is not borrowed ends with it. It must not replace a longer one.
        $signing = $borrowDays === null ? 'answer' : 'lease';
        [$response, $proof] = $this->requests->post('/seats/acquire', $fields, $signing);
        [$body, $verdict] = $this->requests->readGrant($response, $proof, $subject);
        $seat = $this->readSeat($response, $body, $verdict);
        if ($signing === 'lease' && $verdict !== null) {
            $terms = $this->context->buildTerms($subject);
            $change = fn (Record $record) => Judge::judge($record, $this->context->now(), $verdict, $terms);
            $this->context->changeRecord($subject, $change);
        }
        return $seat;
    }

    /**
     * Renews a seat. One that has lapsed is acquired again if one is free.
     *
     * @throws LicetProblem
     */
    public function renew(string $id, ?string $key = null, ?string $fingerprint = null): Seat
    {
        return $this->renewWithin($id, $key, $fingerprint, Requests::ATTEMPTS_MAX);
    }

    /**
     * Gives a seat back, so that another device can use it.
     *
     * @throws LicetProblem
     */
    public function release(string $id, ?string $key = null): void
    {
        $this->releaseWithin($id, $key, Requests::ATTEMPTS_MAX);
    }

    /**
     * Acquires a seat that is given back when `$work` ends, and returns what it returns. Without `$work`,
     * returns the hold: it gives the seat back when it is released or destroyed.
     *
     * @template T
     * @param (callable(SeatHold): T)|null $work calls `keep` of the hold in its loop
     * @return ($work is null ? SeatHold : T)
     * @throws LicetProblem
     */
    public function hold(
        ?callable $work = null,
        ?string $name = null,
        ?string $key = null,
        ?string $fingerprint = null,
    ): mixed {
        $acquire = fn (): Seat => $this->acquire($name, null, $key, $fingerprint);
        $hold = new SeatHold(
            $acquire(),
            fn (string $id): Seat => $this->renewWithin($id, $key, $fingerprint, 1),
            $acquire,
            fn (string $id) => $this->releaseWithin($id, $key, 1),
            $this->context->report(...),
        );
        if ($work === null) {
            return $hold;
        }
        try {
            return $work($hold);
        } finally {
            $hold->release();
        }
    }

    private function renewWithin(string $id, ?string $key, ?string $fingerprint, int $attemptsMax): Seat
    {
        $subject = $this->context->resolve($key, false, $fingerprint);
        $fields = ['key' => $subject->requireKey(), 'id' => $id];
        [$response, $proof] = $this->requests->post('/seats/renew', $fields, 'answer', $attemptsMax);
        return $this->readSeat($response, ...$this->requests->readGrant($response, $proof, $subject));
    }

    private function releaseWithin(string $id, ?string $key, int $attemptsMax): void
    {
        $subject = $this->context->resolve($key, false, false);
        $fields = ['key' => $subject->requireKey(), 'id' => $id];
        [$response, $proof] = $this->requests->post('/seats/release', $fields, null, $attemptsMax);
        $this->requests->readGrant($response, $proof, $subject);
    }

    /** With pinned keys, only the claims are read: a false server could prolong a seat without end. */
    private function readSeat(Response $response, stdClass $body, ?Verdict $verdict): Seat
    {
        if ($verdict === null) {
            $expiresAt = Requests::readMember($body, 'expires_at');
            $end = Time::parse($expiresAt) ?? throw new NoAnswer('not_licet', '"expires_at" is not a time.');
            $now = Time::parseHeader($response->headers['date'] ?? null) ?? $this->context->now();
            return new Seat(Requests::readMember($body, 'id'), $expiresAt, $end - $now);
        }
        $seat = $verdict->token->claims->sea ?? throw new NoAnswer('signature', 'The seat is not signed.');
        return new Seat($seat->id, Time::format($seat->exp), $seat->exp - (int) $verdict->at);
    }
}
