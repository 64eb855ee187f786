// What the typed search means, in words, or where it cannot be read.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Problem } from '../api/client';
import { parseQuery } from '../api/endpoints';
import { toLatin } from '../i18n/digits';
import { useI18n, type Key } from '../i18n/i18n';
import type { Span } from '../time/range';
import { Code } from '../ui/Code';

/** How long nothing must be typed before the server is asked. */
const SETTLED_MS = 350;

const MISTAKES: Record<string, Key> = {
  expected: 'search.mistake.expected',
  open_quote: 'search.mistake.openQuote',
  open: 'search.mistake.open',
  close: 'search.mistake.close',
  field: 'search.mistake.field',
  function: 'search.mistake.function',
  command: 'search.mistake.command',
  order: 'search.mistake.order',
  value: 'search.mistake.value',
  regex: 'search.mistake.regex',
  test: 'search.mistake.test',
  limit: 'search.mistake.limit',
};

export function Meaning({ q, span }: { q: string; span: Span | null }) {
  const { t, language } = useI18n();
  const text = useSettled(toLatin(q.trim()));
  const { data, error } = useQuery({
    queryKey: ['meaning', text, span],
    queryFn: ({ signal }) => parseQuery({ q: text, ...span }, signal),
    enabled: text !== '',
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const mistake = error instanceof Problem ? MISTAKES[String(error.params['problem'])] : undefined;
  return (
    <p className="quiet search-help" role="status">
      {mistake && error instanceof Problem ? (
        <Mistake what={mistake} text={text} params={error.params} />
      ) : (
        (text !== '' && !error && data?.explanation[language === 'bn' ? 'bn' : 'en']) || t('search.help')
      )}
      {text !== '' && !error && data && data.events !== null && (
        <> · {t('search.toLookAt', { count: data.events })}</>
      )}
    </p>
  );
}

function Mistake({ what, text, params }: { what: Key; text: string; params: Record<string, unknown> }) {
  const { t } = useI18n();
  // Places are counted in characters, as people see them.
  const [start, end] = [Number(params['start']), Number(params['end'])];
  const piece = [...text].slice(start, end).join('');
  const near = typeof params['suggestion'] === 'string' ? params['suggestion'] : null;
  return (
    <span className="search-mistake">
      {piece !== '' && <Code>{piece}</Code>} {t(what)}{' '}
      {near !== null && t('search.mistake.near', { name: near })}{' '}
      {t('search.mistake.at', { place: start + 1 })}
    </span>
  );
}

/** A text, once it has not changed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
