<?php

// A program for the command line with a feature that needs a license. The environment has the settings:
// LICET_URL, LICET_PUBLIC_KEYS (separated by commas) and LICENSE_KEY.
//
//     php reports.php            writes the report
//     php reports.php activate   activates this device
//     php reports.php return     frees its slot again

declare(strict_types=1);

use Licet\Licet;
use Licet\LicetException;
use Licet\Status;

require getenv('AUTOLOAD') ?: __DIR__ . '/../vendor/autoload.php';

$licet = new Licet(
    url: (string) getenv('LICET_URL'),
    appId: 'com.example.reports',
    key: (string) getenv('LICENSE_KEY'),
    publicKeys: explode(',', (string) getenv('LICET_PUBLIC_KEYS')),
    onProblem: fn (Throwable $problem) => error_log($problem->getMessage()),
);

try {
    match ($argv[1] ?? '') {
        'activate' => $licet->activate(name: gethostname() ?: null),
        'return' => exit('Freed ' . $licet->deactivate()->id . "\n"),
        default => null,
    };
} catch (LicetException $exception) {
    fwrite(STDERR, $exception->getMessage() . "\n");
    exit(1);
}

$state = $licet->check(features: ['reports']);
if ($state->status === Status::Grace) {
    fwrite(STDERR, "Please connect to the internet before $state->validUntil.\n");
}
if (!$state->allowed) {
    fwrite(STDERR, "$state->code: $state->message\n");
    exit($state->status === Status::Refused ? 2 : 3);
}
echo "The report of {$state->license->plan}\n";
