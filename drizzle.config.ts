import { defineConfig } from 'drizzle-kit'

// biome-ignore lint/style/noDefaultExport: drizzle-kit reads the default export.
export default defineConfig({
  dialect: 'sqlite',
  schema: [
    './src/store/sqlite/schema.ts',
    './src/store/sqlite/checkout-schema.ts',
    './src/store/sqlite/session-schema.ts',
    './src/store/sqlite/portal-schema.ts',
    './src/store/sqlite/node-schema.ts',
    './src/store/sqlite/edge-schema.ts',
  ],
  out: './drizzle/sqlite',
})
