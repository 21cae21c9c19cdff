// Libraries read this when they are imported: tests must see the same messages as users.
process.env.NODE_ENV = 'production'

export {}
