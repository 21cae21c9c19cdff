<?php

declare(strict_types=1);

namespace Licet;

use Licet\Internal\Machine;
use Licet\Internal\Text;

/** Identifies a device to one app: no two apps share fingerprints. */
final class Fingerprint
{
    private const STORED_NAME = 'licet-device';

    /** @param string $kind `option`, `environment`, `machine` or `random` */
    private function __construct(
        public readonly string $value,
        public readonly string $kind,
    ) {
    }

    /**
     * Returns the fingerprint of this device. In a container it is random and kept in the store, because the
     * ID of the machine would be that of the image: use seats there, or set LICET_FINGERPRINT.
     *
     * @param string|null $option is used as it is, unless it is blank
     * @param Machine|null $machine only for tests
     */
    public static function find(
        string $appId,
        ?Store $store = null,
        ?string $option = null,
        ?Machine $machine = null,
    ): self {
        $machine ??= new Machine();
        if ($option !== null && !Text::isBlank($option)) {
            return new self($option, 'option');
        }
        $variable = $machine->readVariable('LICET_FINGERPRINT');
        if ($variable !== null && !Text::isBlank($variable)) {
            return new self($variable, 'environment');
        }
        $id = $machine->findId();
        if ($id !== null && !Text::isBlank($id)) {
            return new self(self::hash($appId, $id), 'machine');
        }
        return new self(self::hash($appId, self::findRandomId($store ?? FileStore::forApp($appId))), 'random');
    }

    /** Returns the hex SHA-256 of an app's ID and a machine ID. */
    public static function hash(string $appId, string $machineId): string
    {
        return hash('sha256', "licet-fp-v1\n$appId\n" . Text::trim($machineId));
    }

    private static function findRandomId(Store $store): string
    {
        $stored = self::readStoredId($store);
        if ($stored !== null) {
            return $stored;
        }
        $id = bin2hex(random_bytes(16));
        $store->put(self::STORED_NAME, $id);
        // Another process may have stored its own at the same time. The last one is that of the device.
        return self::readStoredId($store) ?? $id;
    }

    private static function readStoredId(Store $store): ?string
    {
        $stored = $store->get(self::STORED_NAME);
        return $stored !== null && preg_match('/\A[0-9a-f]{32}\z/', $stored) === 1 ? $stored : null;
    }
}
