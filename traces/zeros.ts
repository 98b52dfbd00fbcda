/** Whether bytes are all zeros: parts of images and pages of RAM, tens of thousands of them in one go. */

export const isZero = (bytes: Uint8Array): boolean => {
  const { buffer, byteOffset, length } = bytes;
  // In fours, since V8 has not optimised this when the first megabytes of a kernel come by.
  const words = byteOffset % 4 === 0 ? new Int32Array(buffer, byteOffset, (length >>> 4) << 2) : new Int32Array(0);
  for (let index = 0; index < words.length; index += 4)
    if ((words[index]! | words[index + 1]! | words[index + 2]! | words[index + 3]!) !== 0) return false;
  for (let index = words.byteLength; index < length; index++) if (bytes[index] !== 0) return false;
  return true;
};
