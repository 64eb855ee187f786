// The evidence of a case: what it is, its hash, and who had it in hand.

import { useMutation, useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Copy } from '../ui/Copy';
import { faultText } from '../ui/Fault';
import { Fold } from '../ui/Fold';
import { toast } from '../ui/toasts';
import { Exact, When } from '../ui/When';
import { contentAddress, getEvidence, sendFile, type Case, type EvidencePiece } from './api';
import { usePlaced } from './CaseView';

export function CaseEvidence({ found }: { found: Case }) {
  const { t } = useI18n();
  return (
    <section>
      <h2>{t('cases.evidenceTitle', { count: found.evidence.length })}</h2>
      {found.evidence.length === 0 && <p className="quiet">{t('cases.noEvidence')}</p>}
      <ul className="case-evidence">
        {found.evidence.map((piece) => (
          <Piece key={piece.id} piece={piece} />
        ))}
      </ul>
      {found.may_add && found.merged_into === null && <Send found={found} />}
    </section>
  );
}

function Send({ found }: { found: Case }) {
  const i18n = useI18n();
  const { t } = i18n;
  const input = useRef<HTMLInputElement>(null);
  const placed = usePlaced();
  const { mutate, isPending } = useMutation({
    mutationFn: (file: File) => sendFile(found.id, file),
    onSuccess: placed,
    onError: (error) => toast(faultText(error, i18n), { kind: 'fault' }),
  });
  return (
    <>
      <input
        ref={input}
        type="file"
        className="hidden"
        tabIndex={-1}
        aria-label={t('cases.sendFile')}
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = '';
          if (file) mutate(file);
        }}
      />
      <Button icon="plus" isPending={isPending} onPress={() => input.current?.click()}>
        {t('cases.sendFile')}
      </Button>{' '}
      <span className="quiet">{t('cases.sendHelp')}</span>
    </>
  );
}

function Piece({ piece }: { piece: EvidencePiece }) {
  const { t } = useI18n();
  return (
    <li>
      <p>
        <strong>{t(`cases.kind.${piece.kind}`)}</strong>{' '}
        <a href={contentAddress(piece.id)} download>
          {piece.name}
        </a>{' '}
        <span className="quiet">
          {t('cases.bytes', { count: piece.bytes })} · {piece.added_by} · <When ms={piece.added} />
        </span>
      </p>
      {piece.note && <q>{piece.note}</q>}
      <p className="case-hash">
        <span className="quiet">{t('cases.sha256')}</span> <Code>{piece.sha256}</Code>
        <Copy text={piece.sha256} label={t('cases.copyHash')} />
      </p>
      <Fold title={t('cases.custody')}>
        <CustodyLines id={piece.id} />
      </Fold>
    </li>
  );
}

function CustodyLines({ id }: { id: string }) {
  const { t } = useI18n();
  const { data } = useQuery({
    queryKey: ['evidence', id],
    queryFn: ({ signal }) => getEvidence(id, signal),
  });
  return (
    <ol className="case-custody">
      {data?.custody.map((line, index) => (
        <li key={index}>
          <Exact ms={line.at} /> <strong>{line.actor}</strong> {t(`cases.custody.${line.action}`)}
        </li>
      ))}
    </ol>
  );
}
