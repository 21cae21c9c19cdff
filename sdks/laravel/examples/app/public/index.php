<?php

declare(strict_types=1);

use Illuminate\Contracts\Http\Kernel;
use Illuminate\Http\Request;

require getenv('AUTOLOAD') ?: dirname(__DIR__) . '/vendor/autoload.php';

$kernel = (require dirname(__DIR__) . '/bootstrap/app.php')->make(Kernel::class);
$request = Request::capture();
$response = $kernel->handle($request)->send();
$kernel->terminate($request, $response);
