<?php

/**
 * Builds the ZIP file of a plugin, with this library in its folder `licet`:
 *
 *     php build-zip.php PLUGIN_DIRECTORY NAMESPACE OUTPUT.zip
 *
 * The library gets a namespace of its own, such as `AcmeReports\Licet`, since another plugin on the same site may
 * contain another version of it.
 */

declare(strict_types=1);

if ($argc !== 4 || preg_match('/\A[A-Z]\w*(?:\\\\[A-Z]\w*)*\z/', $argv[2]) !== 1 || !str_ends_with($argv[3], '.zip')) {
    fwrite(STDERR, "Usage: php build-zip.php PLUGIN_DIRECTORY NAMESPACE OUTPUT.zip\n");
    exit(2);
}
[, $plugin, $namespace, $output] = $argv;
$slug = basename((string) realpath($plugin));
$library = dirname(__DIR__);

/** Puts a class of `Licet\` below the namespace of the plugin. */
$prefix = fn (string $code): string => (string) preg_replace_callback(
    '/(?<=^namespace )Licet(?=;)|(?<![\w\\\\])\\\\?Licet(?=\\\\[A-Z])/m',
    fn (array $match): string => (str_starts_with($match[0], '\\') ? '\\' : '') . $namespace . '\\Licet',
    $code,
);

/** @return iterable<string, string> the path of each file by its path in the archive */
$list = function (string $directory, string $target): iterable {
    $files = new RecursiveIteratorIterator(new RecursiveDirectoryIterator($directory, FilesystemIterator::SKIP_DOTS));
    foreach ($files as $file) {
        $path = substr($file->getPathname(), strlen(rtrim($directory, '/')) + 1);
        // Settings of editors and version control are no part of a plugin.
        if (!str_starts_with($path, '.') && !str_contains($path, '/.')) {
            yield "$target/$path" => $file->getPathname();
        }
    }
};

@unlink($output);
$archive = new PharData($output, 0, null, Phar::ZIP);
$sources = [
    [$plugin, $slug],
    ["$library/src", "$slug/licet/src"],
    [dirname($library) . '/php/src', "$slug/licet/sdk"],
];
foreach ($sources as [$directory, $target]) {
    foreach ($list($directory, $target) as $name => $path) {
        $content = (string) file_get_contents($path);
        $archive->addFromString($name, str_ends_with($name, '.php') ? $prefix($content) : $content);
    }
}
$archive->addFromString("$slug/licet/autoload.php", $prefix((string) file_get_contents("$library/autoload.php")));
$archive->addFromString("$slug/licet/LICENSE", (string) file_get_contents("$library/LICENSE"));
$archive->compressFiles(Phar::GZ);
echo $output, "\n";
