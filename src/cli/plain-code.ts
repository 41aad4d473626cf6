/** Code of plain Temporal workflows, as their workers have it. */
import type { Option } from 'commander';
import type { WorkflowSource } from '../artifact/bundle-workflows.ts';
import type { PayloadDecoder } from '../recording/decode-payloads.ts';
import type { NamedCode } from '../release/try-workflows.ts';
import { type Call, listOption, option } from './command.ts';

export interface CodeOptions {
  readonly interceptors?: readonly string[];
  readonly payloadConverter?: string;
  readonly failureConverter?: string;
  readonly ignoreModules?: readonly string[];
  readonly codec?: string;
  readonly plugins?: string;
}

/** What has to be known of the worker besides where its workflows are. */
export function codeOptions(): Option[] {
  return [
    listOption('--interceptors <modules>', 'workflow interceptor modules of the worker'),
    option('--payload-converter <path>', 'the module with the payloadConverter of the worker'),
    option('--failure-converter <path>', 'the module with the failureConverter of the worker'),
    listOption('--ignore-modules <names>', 'modules that workflow code imports and never uses'),
    option(
      '--plugins <path>',
      'the module with the plugins of the worker: what they do to workflow code is done here too',
    ),
    option('--codec <path>', 'the module with the PayloadCodec of the worker, to read encoded histories'),
  ];
}

/** @returns the code at a path; how it is bundled is the same for all of them */
export async function codeReader({ options, io }: Call<CodeOptions>): Promise<(path: string) => NamedCode> {
  const { plugins: pluginsPath } = options;
  const plugins =
    pluginsPath === undefined ? undefined : await (await import('./load-plugins.ts')).loadPlugins(pluginsPath, io.cwd);
  const source: Omit<WorkflowSource, 'workflowsPath'> = {
    workflowInterceptorModules: options.interceptors,
    payloadConverterPath: options.payloadConverter,
    failureConverterPath: options.failureConverter,
    ignoreModules: options.ignoreModules,
    plugins,
    root: io.cwd,
  };
  return (path) => ({ name: path, code: { ...source, workflowsPath: path } });
}

/** @returns nothing when no codec is named */
export async function readCodecs({ options, io }: Call<CodeOptions>): Promise<readonly PayloadDecoder[] | undefined> {
  const { codec } = options;
  return codec === undefined ? undefined : (await import('./load-codecs.ts')).loadCodecs(codec, io.cwd);
}
