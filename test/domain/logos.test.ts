import { expect, test } from 'bun:test'
import { findImageType, getMailLogo } from '~/domain/logos.ts'

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

test.each([
  ['\x89PNG\r\n\x1a\n…', 'image/png'],
  ['\xff\xd8\xff\xe0…', 'image/jpeg'],
  ['RIFF\x10\x00\x00\x00WEBPVP8 ', 'image/webp'],
  ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml'],
  ['\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n<svg>', 'image/svg+xml'],
  ['<!doctype html><svg>', null],
  ['<html><svg>', null],
  ['GIF89a', null],
  ['', null],
])('logo: a file that begins with %p has the type %p', (start, type) => {
  expect(findImageType(bytesOf(start))).toBe(type)
})

test('logo: emails load a URL, or the file from the public URL, or nothing', () => {
  const file = { kind: 'file', mediaType: 'image/png', bytes: new Uint8Array() } as const
  expect(getMailLogo(null, 'https://a.io')).toBeNull()
  expect(getMailLogo({ kind: 'url', url: 'https://b.io/x.png' }, null)).toBe('https://b.io/x.png')
  expect(getMailLogo(file, null)).toBeNull()
  expect(getMailLogo(file, 'https://a.io/licet')).toBe('https://a.io/licet/portal/assets/logo')
})
