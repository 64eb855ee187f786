import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { ariaStrings } from './scripts/aria-strings.mjs';
import { beginEarly } from './scripts/begin-early.mjs';
import { messages } from './scripts/messages.mjs';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [
    react(),
    ariaStrings(),
    messages(source('src/i18n')),
    beginEarly('/src/start.tsx', '/queue/QueuePage.tsx'),
  ],
  build: {
    target: ['chrome111', 'edge111', 'firefox114', 'safari16.4'],
    // Inlined assets would be data: addresses, which the content security policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // The editor of rules in several files, so that each is within a route's budget and they come side by side.
        codeSplitting: {
          groups: [
            { name: 'editor-state', test: /node_modules\/(@codemirror\/state|@marijn)\// },
            { name: 'editor-view', test: /node_modules\/(@codemirror\/view|style-mod|crelt|w3c-keyname)\// },
          ],
        },
      },
    },
  },
  server: {
    // `npm run dev` works against a running stack: PROHORI_URL=http://127.0.0.1:8088 npm run dev
    proxy: { '/api': { target: process.env.PROHORI_URL ?? 'http://127.0.0.1:8088', changeOrigin: true } },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
} as Parameters<typeof defineConfig>[0]);
