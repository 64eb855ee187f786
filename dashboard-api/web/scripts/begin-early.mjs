// What the entry goes on to is fetched beside it, not after it: on a thin link each turn counts.

/**
 * @param {string} rest  The rest of the shell, as its path ends.
 * @param {string} page  The page where everybody begins.
 * @returns {import('vite').Plugin}
 */
export function beginEarly(rest, page) {
  return {
    name: 'begin-early',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((part) => part.type === 'chunk');
        const known = new Set();
        /** All that a file needs and that is not known yet. @param {string} name @returns {string[]} */
        const all = (name) => {
          const chunk = bundle[name];
          if (known.has(name) || chunk?.type !== 'chunk') return [];
          known.add(name);
          return [name, ...chunk.imports.flatMap(all)];
        };
        const of = (/** @type {string} */ file) =>
          chunks
            .filter((chunk) => chunk.facadeModuleId?.endsWith(file))
            .flatMap((chunk) => all(chunk.fileName));
        const link = (/** @type {string} */ name) => ({
          rel: 'modulepreload',
          crossorigin: true,
          href: `/${name}`,
        });
        chunks.filter((chunk) => chunk.isEntry).forEach((chunk) => all(chunk.fileName));
        const shell = of(rest).map(link);
        // scripts/sizes.mjs holds it to a route's budget, not to the shell's.
        const route = of(page).map((name) => ({ ...link(name), 'data-route': true }));
        return [...shell, ...route].map((attrs) => ({ tag: 'link', attrs, injectTo: 'head' }));
      },
    },
  };
}
