// These files are embedded as they are; what is imported is the path to read them from.
declare module 'swagger-ui-dist/*' {
  const path: string
  export = path
}
