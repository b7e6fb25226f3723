// The words of a figure: in English as they stand in the code, or as a catalogue has them (pix2pix_edu/language).

let catalogue = {};

/** From now on, say everything as this catalogue does: {"{} of {} houses": "{1} 座房子中的 {0} 座"}. What it lacks stays English. */
export function speak(texts) {
  catalogue = texts;
}

/** A sentence: t`${count} of ${all} houses`. */
export function t(parts, ...values) {
  let next = 0;
  return say(parts.join("{}")).replace(/\{(\d*)\}/g, (_, place) => values[place === "" ? next++ : Number(place)]);
}

/** A word that comes from the figure's data, such as the name of a colour. */
export function say(word) {
  return catalogue[word] ?? word;
}
