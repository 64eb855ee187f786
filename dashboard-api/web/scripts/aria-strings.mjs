// React Aria carries its few spoken words in thirty-four languages, none of them Bangla: keep English, add ours.

/** Only the words of the parts that we use; the others stay English. */
const BANGLA = {
  dismiss: 'বন্ধ করুন',
  longPressMessage: 'মেনু খুলতে চেপে ধরে রাখুন, অথবা Alt ও নিচের তীর চাপুন',
  selectPlaceholder: 'বাছাই করুন',
};

const STRINGS = /react-aria(?:-components)?\/dist\/.*\/intlStrings\.mjs$/;
const ENGLISH = /from\s+"([^"]+\/en-US\.mjs)"/;

/** @returns {import('vite').Plugin} */
export function ariaStrings() {
  return {
    name: 'prohori-aria-strings',
    enforce: 'pre',
    transform(code, id) {
      if (!STRINGS.test(id)) return null;
      const english = ENGLISH.exec(code)?.[1];
      if (!english) throw new Error(`${id}: no English strings, has React Aria moved them?`);
      const bangla = `{ ...english, ...${JSON.stringify(BANGLA)} }`;
      return {
        code: `import english from ${JSON.stringify(english)};\nexport default { 'en-US': english, 'bn-BD': ${bangla} };\n`,
        map: null,
      };
    },
  };
}
