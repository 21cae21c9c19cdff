<?php

declare(strict_types=1);

namespace Licet;

use stdClass;

/**
 * A request that the server answered with an error (RFC 9457). The code is stable, and the message is a
 * sentence that says what to do. Also thrown for a refused activation, deactivation or seat.
 */
final class LicetProblem extends \RuntimeException implements LicetException
{
    /** @var string Such as `DEVICE_LIMIT_REACHED`. */
    public $code;
    public readonly string $detail;
    /** @var list<stdClass> The invalid fields, each with `pointer` and `detail`. */
    public readonly array $errors;
    /** Facts about the refusal, such as `{"limit": 3, "used": 3}`. */
    public readonly stdClass $details;
    public readonly ?string $requestId;

    /**
     * @param stdClass $problem the response as JSON; a member of a wrong type counts as missing
     * @param float|null $retryAfter how long the server asked to wait, in seconds
     */
    public function __construct(
        public readonly int $status,
        stdClass $problem,
        ?string $requestId = null,
        public readonly ?float $retryAfter = null,
    ) {
        $read = fn (string $name): ?string => is_string($problem->{$name} ?? null) ? $problem->{$name} : null;
        parent::__construct($read('detail') ?? $read('message') ?? "The server answered with status $status.");
        $this->code = $read('code') ?? "HTTP_$status";
        $this->detail = $this->getMessage();
        $errors = is_array($problem->errors ?? null) ? $problem->errors : [];
        $this->errors = array_values(array_filter($errors, fn (mixed $error) => $error instanceof stdClass));
        $this->details = ($problem->details ?? null) instanceof stdClass ? $problem->details : new stdClass();
        $this->requestId = $read('request_id') ?? $requestId;
    }
}
