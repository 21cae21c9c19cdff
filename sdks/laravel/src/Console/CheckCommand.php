<?php

declare(strict_types=1);

namespace Licet\Laravel\Console;

use Illuminate\Console\Command;
use Licet\Licet;

final class CheckCommand extends Command
{
    protected $signature = 'licet:check
        {--feature=* : A feature that the license must have}
        {--fresh : Wait for the server, even if the stored license allows the app}
        {--json : Print the state as JSON}';

    protected $description = 'Check the license of this app';

    /** Fails unless the license allows the app. */
    public function handle(Licet $licet): int
    {
        $state = $licet->check($this->option('feature'), (bool) $this->option('fresh'));
        if ($this->option('json')) {
            $this->line((string) json_encode($state, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES));
        } elseif ($state->allowed) {
            $until = $state->validUntil === null ? '' : " until $state->validUntil";
            $this->info("{$state->status->value}: the plan {$state->license?->plan}$until");
        } else {
            $this->error("{$state->status->value}: $state->message ($state->code)");
        }
        foreach ($state->warnings as $warning) {
            $this->warn($warning);
        }
        return $state->allowed ? self::SUCCESS : self::FAILURE;
    }
}
