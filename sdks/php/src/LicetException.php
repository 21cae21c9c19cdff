<?php

declare(strict_types=1);

namespace Licet;

/** What this package throws, besides an InvalidArgumentException for a mistake in the app. */
interface LicetException extends \Throwable
{
}
