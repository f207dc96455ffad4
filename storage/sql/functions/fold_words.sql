-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.fold_words(words text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT replace(replace(replace(translate(lower(
        regexp_replace(normalize(regexp_replace(words, '[̀-ͯ҃-҉֑-ֽؐ-ؚـً-ٰٟۖ-ۭ᪰-᫿᷀-᷿⃐-⃿︀-️︠-︯­​-‏‪-‮⁠-⁩﻿]', '', 'g'), NFKD), '[̀-ͯ҃-҉֑-ֽؐ-ؚـً-ٰٟۖ-ۭ᪰-᫿᷀-᷿⃐-⃿︀-️︠-︯­​-‏‪-‮⁠-⁩﻿]', '', 'g')
    ), 'ıłøđðħςکیىةٱ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', 'iloddhσكييها01234567890123456789'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe')
$function$;
