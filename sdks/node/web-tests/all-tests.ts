// The bundler replaces this file by imports of all conformance tests.
