<?php

declare(strict_types=1);

namespace Licet;

/**
 * Where records are kept between requests. Implement it to use a database or the settings of your app.
 * Names consist of letters, digits and dashes. A method that fails throws: the client then reports that, and
 * works without the store.
 */
interface Store
{
    /** Returns the text that was put last, or null. */
    public function get(string $name): ?string;

    public function put(string $name, string $text): void;

    /** Deletes the text, if there is one. */
    public function delete(string $name): void;
}
