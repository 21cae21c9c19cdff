<?php

declare(strict_types=1);

namespace Licet\Internal;

use Licet\State;

/** What the judge says. */
final class Ruling
{
    /**
     * @param Record $record the record to store
     * @param bool $refresh whether the server should be asked
     */
    public function __construct(
        public readonly State $state,
        public readonly Record $record,
        public readonly bool $refresh,
    ) {
    }
}
