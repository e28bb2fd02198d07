"""Endings of inflected forms, for `search.words.stem`, beside those that the stemmers of Snowball know."""

import re

from editorial.alphabet import fold


def patterns(ends: dict[str, list[tuple[str, str]]]) -> dict[str, list[tuple[re.Pattern[str], str]]]:
    return {code: [(re.compile(end), other) for end, other in pairs] for code, pairs in ends.items()}


# The endings of Latin words, which these stemmers treat as parts of the stem: stypendium, Stipendien.
LATIN_ENDING = re.compile(r"(?<=.{5})(?:i|ium|um)$")
LATIN_ENDINGS = {"de", "pl", "sv"}
# Snowball has no stemmer for Croatian. These are the endings of nouns and adjectives, the longest first.
CROATIAN_ENDING = re.compile(
    r"(?<=.{3})(?:ijama|ovima|evima|ijom|ama|eva|eve|evi|ega|emu|ima|ija|ije|iji|iju|(?<![dz]l)oga|omu|ova|ove|ovi"
    r"|eg|em|ih|im|(?<![dz]l)og|oj|om|a|e|i|o|u)$"
)
# Ends of stems that differ between the forms of a word, without accents, and what replaces them. All that match are
# replaced, in this order. The lookbehinds keep short words apart.
STEM_ENDS = patterns(
    {
        "en": [
            # organisation, organization; analyse, analyze
            (r"(?<=..[^aeiou])iz(?=e?$)", "is"),
            (r"(?<=...)yz(?=e?$)", "ys"),
            # labour, labor
            (r"(?<=...)our$", "or"),
            # catalogue, catalog
            (r"(?<=..log)u$", ""),
            # licence, license; defence, defense
            (r"(?<=licen|defen|offen)c$", "s"),
            # programme, program
            (r"(?<=program)m$", ""),
        ],
        "es": [
            # ciudad, ciudades
            (r"(?<=...)ad$", ""),
            # imagen, imágenes; examen, exámenes
            (r"(?<=..[dglmv])en$", ""),
            # europeo, europeas
            (r"(?<=europ)e$", ""),
        ],
        "fi": [
            # tutkimus, tutkimuksen; mahdollisuus, mahdollisuuden; näyttely, näyttelyjen
            (r"(?<=..[uy])(?:ks|s|d|j)$", ""),
            # mahdollisuus, mahdollisuutta; oikeus, oikeutta; but not koulu, koulutetaan
            (r"(?<=..[euy][uy])t$", ""),
            # lukukausi, lukukautta
            (r"(?<=kau)t$", ""),
            # päätös, päätöksen
            (r"(?<=...)ks$", "s"),
            # museo, museoja; kurssi, kursseja
            (r"(?<=...)ej$", ""),
            # kieli, kielen; hanke, hankkeen
            (r"(?<=..[^aeiouy])[ei]$", ""),
            # vaihto, vaihdon; kaupunki, kaupungin; kunta, kunnan; kulta, kullan; kerta, kerran; lampi, lammen
            (r"(?<=..)d(?=[aouy]?$)", "t"),
            (r"(?<=.n)g(?=[aouy]?$)", "k"),
            (r"(?<=.)([nlr])\1(?=[aoy]?$)", r"\1t"),
            (r"(?<=.m)m(?=[aouy]?$)", "p"),
            # hankkeen, hanke; kurssin
            (r"(?<=..)([kpst])\1(?=[aouy]?$)", r"\1"),
        ],
        "fr": [
            # actif, active
            (r"(?<=..)if$", "iv"),
            # public, publique
            (r"(?<=publi)qu$", "c"),
        ],
        "hr": [
            # ruka, ruci; banka, banci
            (r"(?<=ru|an|au|lu)c$", "k"),
            # knjiga, knjizi; razlog, razlozi
            (r"(nji|.lo|dru|uslu|sna|ago|ole)z$", r"\1g"),
            # građanin, građani
            (r"(?<=...an)in$", ""),
            # uspjeh, uspjesi
            (r"(?<=uspje)s$", "h"),
            # zemlja, zemalja; društvo, društava; sredstvo, sredstava
            (r"(?<=zem)alj$", "lj"),
            (r"(?<=drust|redst|nerst)av$", "v"),
            # studenti, studenata; projekti, projekata
            (r"(?<=e)(n|k|r)at$", r"\1t"),
            (r"(?<=a)kat$", "kt"),
            # novac, novca; centar, centra; početak, početka
            (r"(?<=..[^aeioud])a(?=[ckr]$)", ""),
            # podatak, podatka, podaci
            (r"(?<=..[aeiou])tk$", "c"),
            # sastanak, sastanci
            (r"(?<=...)nc$", "nk"),
            # dolazak, dolaska
            (r"zk$", "sk"),
            # suradnik, suradnici
            (r"(?<=...)ic$", "ik"),
        ],
        "nl": [
            # promovendus, promovendi
            (r"(?<=.{5})(?:us|i)$", ""),
            # industrieel, industriële
            (r"(?<=...)ieel$", "iel"),
            # rector, rectoren
            (r"(?<=..[ct])oor$", "or"),
            # Europees, Europese
            (r"(?<=...)ees$", "es"),
            # beurs, beurzen; grens, grenzen
            (r"(?<=...[lnr])s$", ""),
        ],
        "pl": [
            # miasto, mieście
            (r"^mies$", "miast"),
            # partner, partnerzy
            (r"(?<=...)rz$", "r"),
            # student, studenci
            (r"(?<=...)nc$", "nt"),
            # nauka, nauce; Polska, Polsce; but not przyszłość
            (r"(?<=...)(?<!os)c$", "k"),
            # psycholog, psycholodzy; pedagodzy; drodze; koledzy
            (r"(..lo|ago|dro|ole)dz$", r"\1g"),
            # pieniądze, pieniędzy, pieniędzmi; sąsiad, sąsiedzi
            (r"iedzm?$", "iad"),
            # metoda, metodzie; rada, radzie; but not after lo
            (r"(?<=.[ao])(?<!lo)dz$", "d"),
        ],
        "sv": [
            # konferens, konferensen; licens, licenser
            (r"(?<=...)ens$", ""),
            # allians, alliansen
            (r"(?<=..an)s$", ""),
            # resultat, resultaten
            (r"(?<=...[^lp])at$", ""),
            # ung, ungt; internationell, internationellt
            (r"(?<=.ll|.ng|.sk)t$", ""),
            # program, programmet; but not som, sommar
            (r"(?<=...)mm$", "m"),
        ],
    }
)
# Ends of words, with accents, and what replaces them before the stemmer sees the word. All that match are replaced, in
# this order. People also type words without accents.
WORD_ENDS = patterns(
    {
        "de": [
            # Kurs, Diskurs: the s is part of the stem, Kur is another word
            (r"(kurs|puls|fels|hals)$", r"\1e"),
            # Studentin, Forscherinnen, Doktorandin
            (r"(?<=...)(ent|ant|and|er|or|ist|at|log|eg|eur)in(?:nen)?$", r"\1"),
            # Museum, Museen
            (r"(?<=mus|lyz)e(?:en|ums?)$", "eum"),
            # Thema, Themas, Themata, Themen; Schema; Drama; Firma
            (r"(?<=the|che|dra|fir)ma(?:s|ta)?$", "men"),
            # Praktikum, Praktika; Curriculum, Curricula
            (r"(praktik|curricul)a$", r"\1um"),
        ],
        "es": [
            # voz, voces; capaz, capaces
            (r"(?<=[aeiouáéíóú])z$", "ces"),
        ],
        "fi": [
            # eurooppalainen, eurooppalaista, eurooppalaisten; uutinen; kansainvälinen; digitaalinen
            (r"(?<=..)inen$", "isen"),
            (r"(uuti|nai|ihmi|yhtei|..l[aä]i|v[aä]li|aali|teemi|kansalli)st(?:[aä]|en)$", r"\1sen"),
            # tutkimus, tutkimusten
            (r"(?<=..[uy])sten$", "ksen"),
            # tutkinto, tutkinnon; kunta, kunnan
            (r"(?<=..)nn([ao])(?=n$|t$|i?ssa$|i?sta$|i?lla$|i?lle$|i?lta$|ksi$)", r"nt\1"),
            # ranta, kunta, silta: here, -ta is no ending
            (r"(hin|kun|ran|val|sil|ker|pin|imin)ta$", r"\1tan"),
            # määräaika, määräajan
            (r"^(m[aä][aä]r[aä])?aj(?=a(?:n|t|ssa|sta|lla|lle|ksi)$)", r"\1aik"),
        ],
        "fr": [
            # chercheur, chercheuse; heureux, heureuse
            (r"(?<=...)eu(?:x|ses?)$", "eur"),
            # étranger, étrangère; premier, première
            (r"(?<=..[gi])(?:[èe]res?|ers)$", "er"),
            # directeur, directrice
            (r"(?<=..)trices?$", "teur"),
        ],
        "nl": [
            # museum, musea; criterium, criteria
            (
                r"(muse|lyce|centr|criteri|stadi|podi|tori|steri|gymnasi|sidi|mposi|tipendi|curricul|referend|memorand)a$",
                r"\1um",
            ),
            # vriend, vriendin
            (r"(?<=vriend)in(?:nen)?$", ""),
            # hoofdstad, hoofdsteden
            (r"(?<=hoofd|innen|ereld|teits|groot)steden$", "stad"),
        ],
        "pl": [
            # uniwersytet, uniwersytecie; projekt, projekcie; but not życie, wsparcie
            (r"(?<=..)([aekn]|ytu)cie$", r"\1tu"),
            # wniosek, wniosku; książka, książek; but not bibliotek
            (r"(?<=..[^aeiouy])(?<!liot)ek$", "ku"),
            # naukowiec, naukowca
            (r"(?<=..)iec$", "ca"),
            # muzeum, muzea
            (r"(?<=..)eum$", "ea"),
            # nauczyciel, nauczycieli; obywateli
            (r"(?<=iel|tel)i$", "e"),
            # kraj, kraju; rodzaj, rodzaju
            (r"(?<=kr|dz|cz)aj$", "aju"),
        ],
        "sv": [
            # museum, museet, museer
            (r"(?<=mus)e(?:um|et|er|erna|en)s?$", "eum"),
            # kurs, kursen; resurs
            (r"urs$", "ursen"),
            # ansökan, ansökningar; anmälan
            (r"(?<=..)(s[öo]k|m[äa]l|bjud)ans?$", r"\1ning"),
            # skola, skolan, skolans; but not alliansen, finans, roman
            (
                r"(?<=...)(?<!alli)(?<!lever)(?<!bal)(?<!dist)(?<!inst)(?<!subst)(?<!fin)(?<!ambul)(?<!org)(?<!rom)ans?$",
                "a",
            ),
            # universitet, universitetet
            (r"(?<=tet)ets?$", ""),
            # centrum, centret; land, landet; but not universitet, nyhet, budget
            (r"(?<=...)(?<!it)(?<!ult)(?<!h)(?<!budg)(?<!plan)(?<!magn)(?<!rak)(?<!pak)(?<!intern)ets?$", ""),
            # rektor, rektorer; kontor, kontoret
            (r"(kt|ss|ont|[sr]at)or$", r"\1orer"),
            # bostad, bostaden
            (r"(?<=..)stad$", "staden"),
            # industri, industrin; akademi, teknologi
            (r"(str|dem|log|erg|sof|raf|krat|eor|nom)in$", r"\1i"),
            # möten, mötena
            (r"(?<=...)ena$", "en"),
            # partner, partners
            (r"(?<=...)ers$", "er"),
        ],
        "tr": [
            # kent, kente; müze, müzeler: words of which the stemmer takes a part for an ending
            (
                r"^(alan|ders|g[üu]n|hibe|hoca|kent|lise|ofis|k[üu]lt[üu]r|m[üu]ze)"
                r"(?:l[ae]r)?(?:s?[ıiuü])?n?(?:[ıiuü]n|[yn]?[ae]|[dt][ae]n?|[dt]eki|el|sel)?$",
                r"\1",
            ),
            # üniversite, üniversitesi; but not adres, kampüs
            (
                r"(?<=..[aeıioöuü])(?<!adre)(?<!kampü)(?<!kampu)(?<!virü)(?<!otobü)(?<!ofi)(?<!servi)(?<!poli)(?<!mecli)"
                r"s[ıiuü](?:d[ıiuü]r|yd[ıiuü]|nd[ae]ki)?$",
                "",
            ),
            # toplum, toplumsal; but not kişisel, ulusal
            (r"(?<=.{5})s[ae]l$", ""),
        ],
    }
)
# Language → lines with a word and its irregular forms.
IRREGULAR = {
    "de": """
        Album Alben
        Forum Foren
        Hörsaal Hörsäle Hörsälen
        Saal Säle Sälen
        Semester Semesters Semestern
        Virus Viren
        Visum Visa
        """,
    "en": """
        analysis analyses
        alumnus alumni
        appendix appendices
        centre center centers
        child children
        crisis crises
        criterion criteria
        curriculum curricula
        datum data
        forum fora
        hypothesis hypotheses
        index indices
        life lives
        man men
        medium media
        phenomenon phenomena
        syllabus syllabi
        bacterium bacteria
        foot feet
        half halves
        leaf leaves
        matrix matrices
        mouse mice
        nucleus nuclei
        shelf shelves
        stimulus stimuli
        theatre theater theaters
        tooth teeth
        thesis theses
        wife wives
        woman women
        """,
    "es": """
        taller talleres
        tarea tareas
        """,
    "fi": """
        apu avun avut avulla
        apuraha apurahan apurahojen apurahoja
        haku haun haut haussa haulla haulle
        kieli kielten
        kumppanin kumppani
        maa maan maata maat maassa maasta maahan maiden maita maissa maista maihin
        joki joen joet joessa
        kylä kyliä kylien
        luku luvun luvut luvulla
        nuori nuorten
        määräaika määräaikojen määräaikoja
        päivä päivien päiviä päivissä
        ruoka ruoan ruuan
        tapa tavan tavat tavalla
        työ työn työtä työt työssä työstä työhön töiden töitä töissä töistä töihin
        uusi uuden uutta uudet uudessa uudesta uudella uudelle uuteen
        vesi vettä veden vedet vedessä vedestä vedellä veteen vesien vesiä vesissä vesistä vetten
        vuosi vuotta vuoden vuodet vuodessa vuodesta vuoteen vuosien vuosia
        """,
    "fr": """
        bail baux
        beau belle belles bel
        blanc blanche blanches
        doux douce douces
        frais fraîche fraîches
        cheveu cheveux
        enjeu enjeux
        feu feux
        jeu jeux
        lieu lieux
        long longue longues
        milieu milieux
        nouveau nouvel nouvelle nouvelles
        oeil yeux
        travail travaux
        vieux vieil vieille vieilles
        vitrail vitraux
        voeu voeux
        """,
    "hr": """
        dijete djeca djece djeci djecu djecom
        ime imena imenu imenom imenima
        majka majci
        noga nozi
        otac oca ocu ocem oče očevi očeva očevima očeve
        pismo pisama
        posao posla poslu poslom poslovi poslova poslovima poslove
        sudac suca sucu sucem suci sudaca sucima suce
        vrijeme vremena vremenu vremenom vremenima
        """,
    "nl": """
        dag dagen
        dak daken
        gat gaten
        glas glazen
        idee ideeën
        kind kinderen
        lid leden
        nieuw nieuwe
        schip schepen
        stad steden
        thema themas
        weg wegen
        """,
    "pl": """
        człowiek ludzie ludzi ludziom ludźmi ludziach
        dziecko dzieci dzieciom dziećmi dzieciach
        dzień dnia dniowi dniem dniu dni dniom dniami dniach
        grudzień grudnia grudniu grudniem
        kwiecień kwietnia kwietniu kwietniem
        miesiąc miesięcy
        ręka ręce rąk
        sierpień sierpnia sierpniu sierpniem
        styczeń stycznia styczniu styczniem
        świat świecie
        tydzień tygodnia tygodniowi tygodniem tygodniu tygodnie tygodni tygodniom tygodniami tygodniach
        wrzesień września wrześniu wrześniem
        """,
    "sv": """
        bok böcker böckerna böckers
        doktorand doktoranden doktorander doktoranderna doktorandens
        exempel exemplet exemplen
        fot fötter foten
        god gott
        kapitel kapitlet kapitlen
        man mannen mannens män männen
        nummer numret numren
        ny nytt nya
        rum rummet rummen
        """,
    "tr": """
        şehir şehrin şehre şehri şehrinin şehrine şehrinde
        burs bursun bursu bursları
        yurt yurdu yurdun yurda yurdunda
        ağ ağın ağı ağa ağda
        konferans konferansı konferansın konferansları
        """,
}
# Language → normalised irregular form → the word.
IRREGULAR_FORMS = {
    code: {fold(form): forms[0].lower() for forms in map(str.split, lines.strip().splitlines()) for form in forms[1:]}
    for code, lines in IRREGULAR.items()
}
