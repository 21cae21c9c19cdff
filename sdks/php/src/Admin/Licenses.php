<?php

declare(strict_types=1);

namespace Licet\Admin;

use stdClass;

/** The calls about licenses. `$id` is the ID of a license: `lookup` finds it by its key. */
final class Licenses
{
    /** @internal */
    public function __construct(private readonly Calls $calls)
    {
    }

    /**
     * Issues a license.
     *
     * @param array<string, mixed> $body
     */
    public function create(array $body, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('createLicense', [], $body, options: $options);
    }

    /**
     * Issues up to 1,000 licenses with the same values.
     *
     * @param array<string, mixed> $body
     */
    public function createMany(array $body, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('createLicenses', [], $body, options: $options);
    }

    public function get(string $id, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('getLicense', [$id], options: $options);
    }

    /**
     * Lists licenses, newest first.
     *
     * @param array<string, mixed> $query
     */
    public function list(array $query = [], ?CallOptions $options = null): PageList
    {
        return $this->calls->list('listLicenses', [], $query, $options);
    }

    /** Returns the license with this key, however the key is spelled. */
    public function lookup(string $key, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('lookupLicense', [], ['key' => $key], options: $options);
    }

    /** Finds licenses by a key or a part of it, an email address, a domain, a name, an ID … */
    public function search(string $text, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('searchLicenses', [], ['text' => $text], options: $options);
    }

    /**
     * Returns the checks of a validation with their results, without counting it.
     *
     * @param array<string, mixed> $query
     */
    public function explain(string $id, array $query = [], ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('explainLicense', [$id], query: $query, options: $options);
    }

    /**
     * Changes the fields that the body has.
     *
     * @param array<string, mixed> $body
     */
    public function update(string $id, array $body, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('updateLicense', [$id], $body, options: $options);
    }

    /**
     * Ends a license for good.
     *
     * @param array<string, mixed> $body
     */
    public function revoke(string $id, array $body = [], ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('revokeLicense', [$id], $body, options: $options);
    }

    /**
     * Refuses all validations until the license is reinstated.
     *
     * @param array<string, mixed> $body
     */
    public function suspend(string $id, array $body = [], ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('suspendLicense', [$id], $body, options: $options);
    }

    public function reinstate(string $id, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('reinstateLicense', [$id], options: $options);
    }

    /**
     * Moves the end of the license: by the duration of its plan, by days, or to a time.
     *
     * @param array<string, mixed> $body
     */
    public function renew(string $id, array $body = [], ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('renewLicense', [$id], $body, options: $options);
    }

    /**
     * Gives the license a new key. The old one is valid for as long as the body says.
     *
     * @param array<string, mixed> $body
     */
    public function rotateKey(string $id, array $body = [], ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('rotateLicenseKey', [$id], $body, options: $options);
    }

    /**
     * Changes all licenses that match a filter.
     *
     * @param array<string, mixed> $body
     */
    public function changeMany(array $body, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('changeLicenses', [], $body, options: $options);
    }

    /**
     * Mails the customer, such as with the key.
     *
     * @param array<string, mixed> $body
     */
    public function mail(string $id, array $body, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('sendLicenseMail', [$id], $body, options: $options);
    }

    /**
     * Lists the validations of a license. Each page has a `summary` of the whole range.
     *
     * @param array<string, mixed> $query
     */
    public function usage(string $id, array $query = [], ?CallOptions $options = null): PageList
    {
        return $this->calls->list('listLicenseUsage', [$id], $query, $options);
    }

    /**
     * Returns the validations of a license per hour or day.
     *
     * @param array<string, mixed> $query
     */
    public function usageSeries(string $id, array $query = [], ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('getLicenseUsageSeries', [$id], query: $query, options: $options);
    }

    /** @param array<string, mixed> $query */
    public function events(string $id, array $query = [], ?CallOptions $options = null): PageList
    {
        return $this->calls->list('listLicenseEvents', [$id], $query, $options);
    }

    /**
     * Lists the domains and devices on which a license is used.
     *
     * @param array<string, mixed> $query
     */
    public function activations(string $id, array $query = [], ?CallOptions $options = null): PageList
    {
        return $this->calls->list('listLicenseActivations', [$id], $query, $options);
    }

    public function deleteActivation(string $id, string $activationId, ?CallOptions $options = null): void
    {
        $this->calls->run('deleteLicenseActivation', [$id, $activationId], $options);
    }

    /**
     * Moves an activation from one domain or device to another.
     *
     * @param array<string, mixed> $body
     */
    public function moveActivation(string $id, array $body, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('moveLicenseActivation', [$id], $body, options: $options);
    }

    /**
     * Issues a license file for a device or for domains that have no connection.
     *
     * @param array<string, mixed> $body
     */
    public function createFile(string $id, array $body, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('createLicenseFile', [$id], $body, options: $options);
    }

    /**
     * Lists the license files that were issued, without their contents.
     *
     * @param array<string, mixed> $query
     */
    public function files(string $id, array $query = [], ?CallOptions $options = null): PageList
    {
        return $this->calls->list('listLicenseFiles', [$id], $query, $options);
    }

    /** @param array<string, mixed> $query */
    public function seats(string $id, array $query = [], ?CallOptions $options = null): PageList
    {
        return $this->calls->list('listLicenseSeats', [$id], $query, $options);
    }

    public function deleteSeat(string $id, string $seatId, ?CallOptions $options = null): void
    {
        $this->calls->run('deleteLicenseSeat', [$id, $seatId], $options);
    }
}
