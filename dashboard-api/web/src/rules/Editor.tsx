// The editor of a rule: YAML with colours, and what is wrong marked at its place as one types.

import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { linter, lintGutter, nextDiagnostic, type Diagnostic } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import type { Finding } from '../api/types';
import { useI18n, type Language } from '../i18n/i18n';
import { told } from './told';

/** How long after the last key the rule is looked at. */
const LINT_DELAY_MS = 400;

interface Props {
  value: string;
  onChange: (value: string) => void;
  /** What is wrong with a text. */
  lint: (text: string, signal: AbortSignal) => Promise<Finding[]>;
  label: string;
  readOnly: boolean;
}

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--low)' },
  { tag: [tags.string, tags.content], color: 'var(--text)' },
  { tag: tags.comment, color: 'var(--text-faint)' },
  { tag: [tags.keyword, tags.bool, tags.null], color: 'var(--high)' },
  { tag: tags.number, color: 'var(--medium)' },
]);

const theme = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--surface)', fontSize: '13px' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px' },
  '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--text-faint)', borderColor: 'var(--line)' },
  '.cm-activeLine': { backgroundColor: 'var(--hover)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--active)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
    border: '1px solid var(--line-strong)',
    maxWidth: '60ch',
  },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--danger)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--high)' },
});

/** Where a finding stands; its place is a line and a column in characters, from 1. */
function diagnostic(state: EditorState, finding: Finding, language: Language): Diagnostic {
  const line = state.doc.line(Math.min(Math.max(finding.line, 1), state.doc.lines));
  const before = [...line.text].slice(0, finding.column - 1).join('').length;
  const from = Math.min(line.from + before, line.to);
  const to = from === line.to && line.length > 0 ? line.to : Math.max(line.to, from);
  const { message, mend } = told(finding, language);
  return {
    from: from === to ? line.from : from,
    to,
    severity: finding.severity,
    message: mend === '' ? message : `${message}\n${mend}`,
  };
}

export default function Editor({ value, onChange, lint, label, readOnly }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const { language } = useI18n();
  const hooks = useRef({ onChange, lint, language });
  hooks.current = { onChange, lint, language };
  useEffect(() => {
    const box = host.current;
    if (!box) return undefined;
    // In a shadow root the editor's styles are constructed sheets, which the content security policy allows.
    const root = box.shadowRoot ?? box.attachShadow({ mode: 'open' });
    const asked = new Set<AbortController>();
    const look = linter(
      async (now) => {
        asked.forEach((each) => each.abort());
        asked.clear();
        const stop = new AbortController();
        asked.add(stop);
        const state = now.state;
        const found = await hooks.current.lint(state.doc.toString(), stop.signal).catch(() => []);
        return found.map((finding) => diagnostic(state, finding, hooks.current.language));
      },
      { delay: LINT_DELAY_MS },
    );
    const editor = new EditorView({
      root,
      parent: root as unknown as Element,
      state: EditorState.create({
        doc: value,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          yaml(),
          syntaxHighlighting(colours),
          lintGutter(),
          look,
          // Tab indents; Escape and then Tab leaves the editor, as CodeMirror's manual tells.
          keymap.of([
            { key: 'F8', run: nextDiagnostic },
            ...defaultKeymap,
            ...historyKeymap,
            ...(readOnly ? [] : [indentWithTab]),
          ]),
          EditorState.readOnly.of(readOnly),
          EditorView.contentAttributes.of({
            'aria-label': label,
            spellcheck: 'false',
            translate: 'no',
            // So that it is scrolled by the keyboard also where it cannot be written.
            tabindex: '0',
          }),
          // Chromium writes over a selection with styles of its own, which the content security policy forbids.
          EditorView.domEventHandlers({
            beforeinput(event, now) {
              if (event.inputType !== 'insertText' || event.data === null || now.state.readOnly) return false;
              if (now.state.selection.ranges.every((range) => range.empty)) return false;
              event.preventDefault();
              now.dispatch(now.state.replaceSelection(event.data), {
                scrollIntoView: true,
                userEvent: 'input.type',
              });
              return true;
            },
          }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) hooks.current.onChange(update.state.doc.toString());
          }),
          theme,
        ],
      }),
    });
    view.current = editor;
    return () => {
      asked.forEach((each) => each.abort());
      editor.destroy();
      view.current = null;
    };
    // The editor holds the text from here on; it is made anew for another rule or language.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [label, readOnly]);
  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== value)
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  return <div className="editor" ref={host} dir="ltr" />;
}
