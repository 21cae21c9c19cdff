import { testClient } from '../support/documented-clients.ts'

testClient({
  language: 'python',
  file: 'client.py',
  command: ['python3', 'driver.py'],
  hurry: ['TIMEOUT_SECONDS = 5', 'TIMEOUT_SECONDS = 0.5'],
  driver: `import json, sys
from client import check_license
file, key, *servers = sys.argv[1:]
request = {"key": key, "domain": "example.com"}
print(json.dumps([check_license(server, request, file) for server in servers]))`,
})

testClient({
  language: 'php',
  file: 'client.php',
  command: ['php', 'driver.php'],
  hurry: ['TIMEOUT_SECONDS = 5', 'TIMEOUT_SECONDS = 1'],
  driver: `<?php require 'client.php';
[, $file, $key] = $argv;
$check = fn ($server) => check_license($server, ['key' => $key, 'domain' => 'example.com'], $file);
echo json_encode(array_map($check, array_slice($argv, 3)));`,
})
