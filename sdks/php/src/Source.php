<?php

declare(strict_types=1);

namespace Licet;

/** What has decided about a license. */
enum Source: string
{
    case Server = 'server';
    case Lease = 'lease';
    case File = 'file';
    case Cache = 'cache';
    case None = 'none';
}
