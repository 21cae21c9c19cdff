<?php

declare(strict_types=1);

namespace Licet\Internal;

/** What the operating system knows about this machine. */
class Machine
{
    private const LINUX_FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id'];
    private const CONTAINER_FILES = ['/.dockerenv', '/run/.containerenv'];

    public function readVariable(string $name): ?string
    {
        $value = getenv($name);
        return $value === false ? null : $value;
    }

    /** Returns the operating system's ID of this machine; null if there is none, or in a container. */
    public function findId(): ?string
    {
        return match (PHP_OS_FAMILY) {
            'Linux' => $this->isContainer() ? null : $this->findLinuxId(),
            'Darwin' => $this->findInOutput(
                '/usr/sbin/ioreg -rd1 -c IOPlatformExpertDevice',
                '/"IOPlatformUUID" = "([^"]+)"/',
            ),
            'Windows' => $this->findInOutput(
                'reg query HKLM\\SOFTWARE\\Microsoft\\Cryptography /v MachineGuid /reg:64',
                '/MachineGuid\s+REG_SZ\s+(\S+)/',
            ),
            default => null,
        };
    }

    /** In a container, the ID is that of the image, or a new one on each start. */
    private function isContainer(): bool
    {
        return $this->readVariable('KUBERNETES_SERVICE_HOST') !== null
            || array_filter(self::CONTAINER_FILES, fn (string $path) => @file_exists($path)) !== [];
    }

    private function findLinuxId(): ?string
    {
        foreach (self::LINUX_FILES as $path) {
            $id = @is_readable($path) ? trim((string) @file_get_contents($path)) : '';
            if ($id !== '') {
                return $id;
            }
        }
        return null;
    }

    /** Many web hosts forbid commands. */
    private function findInOutput(string $command, string $pattern): ?string
    {
        $output = function_exists('shell_exec') ? (string) @shell_exec($command) : '';
        return preg_match($pattern, $output, $match) === 1 ? $match[1] : null;
    }
}
