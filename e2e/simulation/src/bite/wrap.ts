import type { Transform } from '../universe.ts';

/**
 * Puts a wrapper around an exported function of a module.
 * @param wrapper JavaScript: a function that takes the sound one and returns the other
 */
export function wrapFunction(file: string, name: string, wrapper: string): Transform {
  return (path, source) => {
    if (path !== file) return source;
    const declared = new RegExp(`export (async )?function ${name}\\b`);
    if (!declared.test(source)) throw new Error(`${file} exports no function ${name}.`);
    const renamed = source.replace(declared, `$1function sound_${name}`);
    return `${renamed}\nexport const ${name} = (${wrapper})(sound_${name});\n`;
  };
}

/** Runs JavaScript at the end of a module, where its classes can be given other methods. */
export function append(file: string, code: string): Transform {
  return (path, source) => (path === file ? `${source}\n${code}\n` : source);
}

/** Says something else in one place of a module. */
export function instead(file: string, text: string, other: string): Transform {
  return (path, source) => {
    if (path !== file) return source;
    if (source.split(text).length !== 2) throw new Error(`${file} does not hold ${text} once.`);
    return source.replace(text, () => other);
  };
}

/** Takes every occurrence of a text out of a module. */
export function without(file: string, text: string): Transform {
  return (path, source) => {
    if (path !== file) return source;
    if (!source.includes(text)) throw new Error(`${file} does not hold ${text}.`);
    return source.replaceAll(text, '');
  };
}

export const unchanged: Transform = (_file, source) => source;
