// These files are embedded unchanged; the import is the path to read them from.
declare module 'swagger-ui-dist/*' {
  const path: string
  export = path
}
