<?php

declare(strict_types=1);

namespace Licet;

enum Status: string
{
    case Licensed = 'licensed';
    /** Licensed, but the server has not confirmed it for too long. */
    case Grace = 'grace';
    /** A server said no. */
    case Refused = 'refused';
    /** Nothing proves either, so the app decides. */
    case Unknown = 'unknown';
}
