<?php

declare(strict_types=1);

namespace Licet;

final class Version
{
    public const NUMBER = '0.1.0';
    public const USER_AGENT = 'licet-php/' . self::NUMBER;
}
