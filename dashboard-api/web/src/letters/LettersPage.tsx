// The dead letters: what could not be understood, why, and the bytes themselves. Nothing was thrown away.

import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { getDeadLetters } from '../api/endpoints';
import type { DeadLetter } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Skeleton } from '../ui/Skeleton';
import { When } from '../ui/When';
import { Reason } from './Reason';

const PAGE_ROWS = 50;

export function LettersPage() {
  const { t } = useI18n();
  useEffect(() => {
    document.title = t('letters.page', { product: t('common.product') });
  }, [t]);
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } =
    useInfiniteQuery({
      queryKey: ['dead-letters'],
      queryFn: ({ pageParam, signal }) => getDeadLetters({ limit: PAGE_ROWS, cursor: pageParam }, signal),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next_cursor,
    });
  const letters = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="letters" aria-label={t('letters.title')}>
      <h1>{t('letters.title')}</h1>
      <p className="quiet">{t('letters.what')}</p>
      {error && <Fault what={t('letters.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={8} />}
      {data && letters.length === 0 && (
        <div className="empty">
          <h2>{t('letters.none')}</h2>
        </div>
      )}
      {letters.length > 0 && (
        <ol className="letters-list">
          {letters.map((letter) => (
            <Letter key={`${letter.topic} ${letter.partition} ${letter.offset}`} letter={letter} />
          ))}
        </ol>
      )}
      {hasNextPage && (
        <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          {t('search.more')}
        </Button>
      )}
    </section>
  );
}

function Letter({ letter }: { letter: DeadLetter }) {
  const { t } = useI18n();
  return (
    <li>
      <p className="letter-head">
        <When ms={letter.time} />
        <Code>{letter.agency}</Code>
        <span>
          <Reason code={letter.code} />
        </span>
        <span className="quiet" lang="en">
          {letter.reason}
        </span>
      </p>
      {/* A box that scrolls must be reachable by the keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className="raw" dir="ltr" translate="no" tabIndex={0} role="group" aria-label={t('raw.title')}>
        {letter.raw}
      </pre>
      <p className="quiet letter-foot">
        {t('letters.size', { count: letter.raw_bytes })}{' '}
        <Code title={t('letters.place')}>{`${letter.topic}/${letter.partition}/${letter.offset}`}</Code>{' '}
        {letter.parser && <Code>{letter.parser}</Code>}
      </p>
    </li>
  );
}
