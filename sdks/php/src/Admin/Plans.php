<?php

declare(strict_types=1);

namespace Licet\Admin;

use stdClass;

/** The calls about plans. */
final class Plans
{
    /** @internal */
    public function __construct(private readonly Calls $calls)
    {
    }

    /** @param array<string, mixed> $body */
    public function create(array $body, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('createPlan', [], $body, options: $options);
    }

    public function get(string $slug, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('getPlan', [$slug], options: $options);
    }

    /** @param array<string, mixed> $query */
    public function list(array $query = [], ?CallOptions $options = null): PageList
    {
        return $this->calls->list('listPlans', [], $query, $options);
    }

    /**
     * Changes the fields that the body has, for all licenses of the plan.
     *
     * @param array<string, mixed> $body
     */
    public function update(string $slug, array $body, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('updatePlan', [$slug], $body, options: $options);
    }

    /** Deletes a plan that no license uses. */
    public function delete(string $slug, ?CallOptions $options = null): void
    {
        $this->calls->run('deletePlan', [$slug], $options);
    }
}
