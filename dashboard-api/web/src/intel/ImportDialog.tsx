// Imports a file into a feed: first what is in it, then whether it comes beside or in place of the rest.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Dialog } from '../ui/Dialog';
import { toast } from '../ui/toasts';
import { fileFault } from './faults';
import { importFile, type Feed, type Imported } from './api';

export function ImportDialog({ feed, onClose }: { feed: Feed; onClose: () => void }) {
  const i18n = useI18n();
  const { t, number } = i18n;
  const queries = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const look = useMutation({
    mutationFn: (chosen: File) => importFile(feed.id, chosen, { dry_run: 'true' }),
  });
  const take = useMutation({
    mutationFn: ({ chosen, replace }: { chosen: File; replace: boolean }) =>
      importFile(feed.id, chosen, replace ? { replace: 'true' } : {}),
    onSuccess: ({ added, removed }) => {
      void queries.invalidateQueries({ queryKey: ['indicators'] });
      void queries.invalidateQueries({ queryKey: ['feeds'] });
      toast(t('intel.imported', { added, removed }));
      onClose();
    },
  });
  const error = look.error ?? take.error;
  const fault = error && fileFault(error, i18n);
  const found = look.data;
  return (
    <Dialog title={t('intel.importInto', { name: feed.name })} onClose={onClose}>
      <div className="form">
        <p className="quiet">{t('intel.importHelp')}</p>
        <input
          ref={input}
          type="file"
          className="hidden"
          tabIndex={-1}
          aria-label={t('intel.chooseFile')}
          onChange={(event) => {
            const chosen = event.target.files?.[0];
            event.target.value = '';
            if (!chosen) return;
            setFile(chosen);
            look.mutate(chosen);
          }}
        />
        <p>
          <Button isPending={look.isPending} onPress={() => input.current?.click()}>
            {t('intel.chooseFile')}
          </Button>{' '}
          {file && <Code>{file.name}</Code>}
        </p>
        {found && <Found found={found} />}
        {fault && (
          <p className="field-error" role="alert">
            {fault.said} {fault.detail && <span lang="en">{fault.detail}</span>}
          </p>
        )}
        <div className="form-actions">
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          {feed.indicators > 0 && (
            <Button
              kind="danger"
              isPending={take.isPending}
              isDisabled={!file || !found || found.indicators === 0}
              onPress={() => file && take.mutate({ chosen: file, replace: true })}
            >
              {t('intel.replace', { count: feed.indicators, shown: number(feed.indicators) })}
            </Button>
          )}
          <Button
            kind="primary"
            isPending={take.isPending}
            isDisabled={!file || !found || found.indicators === 0}
            onPress={() => file && take.mutate({ chosen: file, replace: false })}
          >
            {t('intel.addThem')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

function Found({ found }: { found: Imported }) {
  const { t, number } = useI18n();
  const reasons = Object.entries(found.left_out);
  return (
    <div role="status">
      <p>{t('intel.inFile', { count: found.indicators, shown: number(found.indicators) })}</p>
      {reasons.length > 0 && (
        <ul>
          {reasons.map(([reason, count]) => (
            <li key={reason}>
              {t('intel.leftOut', { count, shown: number(count) })} <span lang="en">{reason}</span>
            </li>
          ))}
        </ul>
      )}
      {found.skipped > 0 && (
        <>
          <p>{t('intel.skipped', { count: found.skipped, shown: number(found.skipped) })}</p>
          <ul>
            {found.first.map((line) => (
              <li key={line}>
                <Code>{line}</Code>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
