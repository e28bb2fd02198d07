"""Words of this field in the languages of the site: on each line all forms of one word that texts have.

The first form of a line is the one of dictionaries. Most people search for it.
"""

INFLECTIONS = {
    "en": """
        student students student’s
        course courses
        city cities
        university universities
        grant grants
        scholarship scholarships
        deadline deadlines
        exchange exchanges
        research researches
        researcher researchers
        teacher teachers
        culture cultures
        museum museums
        news
        criterion criteria
        thesis theses
        woman women
        man men
        child children
        programme programmes program programs
        study studies
        faculty faculties
        library libraries
        conference conferences
        application applications
        project projects
        partner partners
        language languages
        opportunity opportunities
        curriculum curricula curriculums
        analysis analyses
        alumnus alumni
        medium media
        datum data
        crisis crises
        hypothesis hypotheses
        phenomenon phenomena
        campus campuses
        syllabus syllabi syllabuses
        centre centres center centers
        theatre theatres theater theaters
        organisation organisations organization organizations
        labour labor
        behaviour behaviours behavior
        index indices indexes
        life lives
        forum forums fora
        appendix appendices
        policy policies
        workshop workshops
        leaf leaves
        nucleus nuclei
        stimulus stimuli
        bacterium bacteria
        catalogue catalogues catalog
        licence licence license licences
        foot feet
        mouse mice
        wife wives
        matrix matrices
        honour honours honor
        travelling traveling traveller traveler
        enrolment enrollment
        defence defense
        dialogue dialog
        """,
    "de": """
        Student Studenten
        Studentin Studentinnen Student
        Studierende Studierenden Studierender
        Kurs Kurse Kurses Kursen
        Stadt Städte Städten
        Universität Universitäten
        Hochschule Hochschulen
        Stipendium Stipendien Stipendiums
        Frist Fristen
        Austausch Austausche Austausches
        Forschung Forschungen
        Forscher Forschern Forschers
        Forscherin Forscherinnen Forscher
        Lehrer Lehrern Lehrers
        Lehrerin Lehrerinnen Lehrer
        Kultur Kulturen
        Museum Museen Museums
        Nachricht Nachrichten
        Thema Themen Themas
        Zentrum Zentren Zentrums
        Projekt Projekte Projekten Projekts Projektes
        Sprache Sprachen
        Wissenschaft Wissenschaften
        Praktikum Praktika Praktikums
        Programm Programme Programmen Programms
        Buch Bücher Büchern Buches
        Land Länder Ländern Landes
        Raum Räume Räumen
        Veranstaltung Veranstaltungen
        Bewerbung Bewerbungen
        Partner Partnern Partners
        Partnerin Partnerinnen Partner
        Bibliothek Bibliotheken
        Forum Foren Forums
        Studium Studien Studiums
        Gymnasium Gymnasien
        Ministerium Ministerien Ministeriums
        Kriterium Kriterien
        Laboratorium Laboratorien
        Firma Firmen
        Campus
        Haus Häuser Häusern Hauses
        Institut Institute Instituten Instituts
        Professor Professoren Professors
        Professorin Professorinnen
        europäisch europäische europäischen europäischer europäisches
        digital digitale digitalen digitaler
        Antrag Anträge Anträgen Antrags
        Hörsaal Hörsäle
        Fakultät Fakultäten
        Dozent Dozenten Dozentin Dozentinnen
        Vorlesung Vorlesungen
        Mitarbeiter Mitarbeiterin Mitarbeiterinnen Mitarbeitern
        Konferenz Konferenzen
        Visum Visa Visums
        Archiv Archive Archiven
        Verein Vereine Vereins
        Rektorin Rektorinnen Rektor
        Kollege Kollegen Kollegin
        Album Alben
        Semester Semestern Semesters
        Prüfung Prüfungen
        Jahr Jahre Jahren Jahres
        Kunst Künste Künsten
        Stipendiat Stipendiaten Stipendiatin
        Sprachkurs Sprachkurse Sprachkursen
        Abschluss Abschlüsse Abschlusses
        Materialien Material
        Virus Viren
        Datum Datums
        """,
    "es": """
        estudiante estudiantes
        curso cursos
        ciudad ciudades
        universidad universidades
        beca becas
        plazo plazos
        intercambio intercambios
        investigación investigaciones
        investigador investigadores investigadora investigadoras
        profesor profesores profesora profesoras
        cultura culturas
        museo museos
        noticia noticias
        voz voces
        luz luces
        vez veces
        raíz raíces
        red redes
        facultad facultades
        biblioteca bibliotecas
        lengua lenguas
        idioma idiomas
        proyecto proyectos
        solicitud solicitudes
        convocatoria convocatorias
        alumno alumnos alumna alumnas
        socio socios socia socias
        país países
        mes meses
        ley leyes
        actriz actrices
        juez jueces
        capaz capaces
        joven jóvenes
        examen exámenes
        origen orígenes
        imagen imágenes
        director directores directora directoras
        europeo europea europeos europeas
        científico científica científicos científicas
        alemán alemana alemanes
        francés francesa franceses
        tesis
        nuevo nueva nuevos nuevas
        taller talleres
        docente docentes
        tarea tareas
        rector rectora rectores
        pez peces
        feliz felices
        lápiz lápices
        inglés inglesa ingleses
        lección lecciones
        edición ediciones
        actividad actividades
        lector lectora lectores
        español española españoles
        alcance alcances
        congreso congresos
        título títulos
        resumen resúmenes
        volumen volúmenes
        """,
    "fi": """
        opiskelija opiskelijan opiskelijaa opiskelijat opiskelijoiden opiskelijoita opiskelijoille opiskelijalle
        kurssi kurssin kurssia kurssit kurssien kursseja kursseille kurssilla kurssiin
        kaupunki kaupungin kaupunkia kaupungit kaupunkien kaupunkeja kaupungissa kaupunkiin kaupungeissa
        yliopisto yliopiston yliopistoa yliopistot yliopistojen yliopistoja yliopistossa yliopistoon yliopistoissa
        apuraha apurahan apurahaa apurahat apurahojen apurahoja apurahasta
        määräaika määräajan määräaikaa määräajat määräaikojen määräaikoja
        vaihto vaihdon vaihtoa vaihdossa vaihtoon vaihdot vaihtojen
        tutkimus tutkimuksen tutkimusta tutkimukset tutkimusten tutkimuksia tutkimuksessa tutkimukseen
        tutkija tutkijan tutkijaa tutkijat tutkijoiden tutkijoita tutkijoille
        opettaja opettajan opettajaa opettajat opettajien opettajia opettajille
        kulttuuri kulttuurin kulttuuria kulttuurit kulttuurien kulttuureja kulttuurissa
        museo museon museota museot museoiden museoita museossa museoon museoissa
        uutinen uutisen uutista uutiset uutisten uutisia uutisissa uutisessa
        kieli kielen kieltä kielet kielten kieliä kielessä kielissä kieleen
        tiede tieteen tiedettä tieteet tieteiden tieteitä tieteessä tieteissä
        vesi veden vettä vedet vesien vesiä vedessä veteen vesissä
        eurooppalainen eurooppalaisen eurooppalaista eurooppalaiset eurooppalaisten eurooppalaisia eurooppalaisissa
        suomalainen suomalaisen suomalaista suomalaiset suomalaisten
        hanke hankkeen hanketta hankkeet hankkeiden hankkeita hankkeessa hankkeissa
        hakemus hakemuksen hakemusta hakemukset hakemusten hakemuksia
        haku haun hakua haut hakujen hakuja haussa hakuun
        kirja kirjan kirjaa kirjat kirjojen kirjoja kirjassa
        kirjasto kirjaston kirjastoa kirjastot kirjastojen kirjastossa
        koulu koulun koulua koulut koulujen kouluja koulussa
        koulutus koulutuksen koulutusta koulutukset koulutuksessa koulutuksia
        maa maan maata maat maiden maita maassa
        ihminen ihmisen ihmistä ihmiset ihmisten ihmisiä
        tapahtuma tapahtuman tapahtumaa tapahtumat tapahtumien tapahtumia tapahtumassa
        oikeus oikeuden oikeutta oikeudet oikeuksien oikeuksia
        mahdollisuus mahdollisuuden mahdollisuutta mahdollisuudet mahdollisuuksien mahdollisuuksia
        yhteistyö yhteistyön yhteistyötä yhteistyössä
        kampus kampuksen kampusta kampukset kampuksella
        nainen naisen naista naiset naisten naisia
        päivä päivän päivää päivät päivien päiviä päivässä
        vuosi vuoden vuotta vuodet vuosien vuosia vuodessa
        työ työn työtä työt töiden töitä työssä
        terveys terveyden terveyttä terveydessä
        alue alueen aluetta alueet alueiden alueita alueella
        kumppani kumppanin kumppania kumppanit kumppanien kumppaneita kumppaneille
        verkosto verkoston verkostoa verkostot verkostojen
        osake osakkeen osaketta osakkeet
        laite laitteen laitetta laitteet laitteiden
        näyttely näyttelyn näyttelyä näyttelyt näyttelyjen näyttelyssä
        taide taiteen taidetta taiteet taiteessa
        nuori nuoren nuorta nuoret nuorten nuoria nuorille
        hallitus hallituksen hallitusta hallitukset
        harjoittelu harjoittelun harjoittelua
        matka matkan matkaa matkat matkoja
        ranta rannan rantaa rannat rantoja
        kesä kesän kesää
        konferenssi konferenssin konferenssia konferensseja
        tohtori tohtorin tohtoria tohtorit tohtoreita
        lukukausi lukukauden lukukautta lukukaudet
        tiedekunta tiedekunnan tiedekuntaa tiedekunnat tiedekuntien
        professori professorin professorit professoreita
        ohjelma ohjelman ohjelmaa ohjelmat ohjelmia
        lautakunta lautakunnan lautakunnassa
        teknologia teknologian teknologiaa
        uusi uuden uutta uudet uusia
        kansainvälinen kansainvälisen kansainvälistä kansainväliset kansainvälisten
        taito taidon taitoa taidot taitoja
        rahasto rahaston rahastoa
        tavoite tavoitteen tavoitetta tavoitteet tavoitteita
        perhe perheen perhettä perheet
        luento luennon luentoa luennot luentoja
        tutkinto tutkinnon tutkintoa tutkinnot
        apu avun apua
        tapa tavan tapaa tavat tapoja
        luku luvun lukua luvut
        ruoka ruoan ruokaa ruuan
        aika ajan aikaa ajat
        joki joen jokea joet
        lehti lehden lehteä lehdet
        kylä kylän kylät kyliä
        sopimus sopimuksen sopimusta
        ilmasto ilmaston ilmastoa
        kansalainen kansalaisen kansalaista kansalaiset
        """,
    "fr": """
        étudiant étudiants étudiante étudiantes
        cours
        ville villes
        université universités
        bourse bourses
        délai délais
        échange échanges
        recherche recherches
        chercheur chercheurs chercheuse chercheuses
        enseignant enseignants enseignante enseignantes
        culture cultures
        musée musées
        actualité actualités
        travail travaux
        nouveau nouvelle nouveaux nouvelles nouvel
        journal journaux
        national nationale nationaux nationales
        international internationale internationaux internationales
        social sociale sociaux sociales
        régional régionaux régionale
        oral oraux orale
        directeur directeurs directrice directrices
        acteur acteurs actrice actrices
        formateur formatrice formatrices
        européen européenne européens européennes
        langue langues
        projet projets
        candidature candidatures
        candidat candidate candidats candidates
        partenaire partenaires
        appel appels
        bibliothèque bibliothèques
        faculté facultés
        lieu lieux
        jeu jeux
        réseau réseaux
        niveau niveaux
        bureau bureaux
        tableau tableaux
        ancien ancienne anciens anciennes
        actif active actifs actives
        créatif créative créatifs créatives
        premier première premiers premières
        professionnel professionnelle professionnels professionnelles
        public publique publics publiques
        beau belle beaux belles bel
        vieux vieille vieil
        oeil yeux
        travailleur travailleuse travailleurs travailleuses
        animal animaux
        atelier ateliers
        doctorant doctorante doctorants
        étranger étrangère étrangers
        conférence conférences
        lecteur lectrice lecteurs
        vendeur vendeuse vendeurs
        mondial mondiale mondiaux
        culturel culturelle culturels
        oeuvre oeuvres
        cheval chevaux
        hôpital hôpitaux
        amoureux amoureuse
        italien italienne italiens
        naïf naïve
        sportif sportive sportifs
        long longue longs
        blanc blanche
        frais fraîche
        doux douce
        bail baux
        vitrail vitraux
        gâteau gâteaux
        """,
    "hr": """
        student studenta studentu studentom studenti studenata studentima studente
        studentica studentice studentici studenticu studenticom studenticama
        tečaj tečaja tečaju tečajem tečajevi tečajeva tečajevima
        grad grada gradu gradom gradovi gradova gradovima gradove
        sveučilište sveučilišta sveučilištu sveučilištem sveučilištima
        stipendija stipendije stipendiji stipendiju stipendijom stipendijama
        rok roka roku rokom rokovi rokova rokovima rokove
        razmjena razmjene razmjeni razmjenu razmjenom razmjenama
        istraživanje istraživanja istraživanju istraživanjem istraživanjima
        istraživač istraživača istraživaču istraživačem istraživači istraživačima istraživače
        nastavnik nastavnika nastavniku nastavnici nastavnicima nastavnike
        kultura kulture kulturi kulturu kulturom kultura kulturama
        muzej muzeja muzeju muzejom muzeji muzejima muzeje
        vijest vijesti vijestima vijesti
        ruka ruke ruci ruku rukom rukama
        otac oca ocu ocem očevi očeva
        knjiga knjige knjizi knjigu knjigom knjigama
        knjižnica knjižnice knjižnici knjižnicu knjižnicom knjižnicama
        jezik jezika jeziku jezikom jezici jezicima jezike
        projekt projekta projektu projektom projekti projekata projektima projekte
        znanost znanosti znanošću znanostima
        mogućnost mogućnosti mogućnošću mogućnostima
        natječaj natječaja natječaju natječajem natječaji natječajima natječaje
        prijava prijave prijavi prijavu prijavom prijavama
        partner partnera partneru partnerom partneri partnerima partnere
        događaj događaja događaju događajem događaji događajima događaje
        fakultet fakulteta fakultetu fakulteti fakultetima fakultete
        politika politike politici politiku politikom politikama
        Europa Europe Europi Europu Europom
        europski europska europsko europskog europskom europskih europskim europske
        zadatak zadatka zadatku zadaci zadataka zadacima zadatke
        dan dana danu danom dani danima dane
        žena žene ženi ženu ženom ženama
        zemlja zemlje zemlji zemlju zemljom zemalja zemljama
        pravo prava pravu pravom pravima
        centar centra centru centrom centri centara centrima centre
        profesor profesora profesoru profesorom profesori profesorima profesore
        tvrtka tvrtke tvrtki tvrtku tvrtkom tvrtkama
        banka banke banci banku bankom bankama
        podloga podloge podlozi podlogu podlogom podlogama
        uspjeh uspjeha uspjehu uspjehom uspjesi uspjesima uspjehe
        radnik radnika radniku radnici radnicima radnike
        društvo društva društvu društvom društava društvima
        pismo pisma pismu pismom pisama pismima
        vrijeme vremena vremenu vremenom vremenima
        ime imena imenu imenom imenima
        škola škole školi školu školom škola školama
        sredstvo sredstva sredstvu sredstvima sredstava
        građanin građani građana građanima
        ured ureda uredu uredi uredima
        odluka odluke odluci odluku
        kolegij kolegija kolegiju kolegiji
        industrija industrije industriji industriju
        pedagog pedagoga pedagogu pedagozi
        tvornica tvornice tvornici tvornicu
        Zagreb Zagreba Zagrebu Zagrebom
        noga nogu nozi
        majka majke majci majku
        putnik putnika putnici
        dijete djeca djece djeci
        kraj kraja kraju krajevi
        mjesto mjesta mjestu mjestima
        kuća kuće kući kuću
        predavanje predavanja predavanju
        predavač predavača predavači
        sudac suca sucu suci
        posao posla poslu poslovi
        """,
    "nl": """
        student studenten
        studente studentes student
        cursus cursussen
        vak vakken
        stad steden
        universiteit universiteiten
        hogeschool hogescholen
        school scholen
        beurs beurzen
        subsidie subsidies
        deadline deadlines
        uitwisseling uitwisselingen
        onderzoek onderzoeken
        onderzoeker onderzoekers
        docent docenten
        docente docentes docent
        leraar leraren leraars
        cultuur culturen
        museum musea museums
        bericht berichten
        Europees Europese
        Chinees Chinese
        internationaal internationale
        digitaal digitale
        nieuw nieuwe
        taal talen
        project projecten
        thema thema’s themas
        programma programma’s
        bibliotheek bibliotheken
        criterium criteria
        laboratorium laboratoria
        week weken
        dag dagen
        lid leden
        schip schepen
        kind kinderen
        bedrijf bedrijven
        brief brieven
        wetenschap wetenschappen
        aanvraag aanvragen
        opleiding opleidingen
        gemeente gemeenten gemeentes
        idee ideeën
        campus campussen
        alumnus alumni
        vrouw vrouwen
        jaar jaren
        datum datums
        centrum centra centrums
        mogelijkheid mogelijkheden
        activiteit activiteiten
        overheid overheden
        stage stages
        reis reizen
        huis huizen
        prijs prijzen
        college colleges
        faculteit faculteiten
        zaak zaken
        boek boeken
        conferentie conferenties
        hoogleraar hoogleraren
        medicus medici
        gebouw gebouwen
        stipendium stipendia
        grootstad grootsteden
        foto foto’s
        industrieel industriële industriele
        kamer kamers
        ontwikkeling ontwikkelingen
        weg wegen
        dak daken
        gat gaten
        glas glazen
        vriend vrienden vriendin vriendinnen
        Engels Engelse
        Pools Poolse
        burger burgers
        rector rectoren
        """,
    "pl": """
        student studenta studentowi studentem studenci studentów studentom studentami studencie
        studentka studentki studentce studentkę studentką studentek studentkom studentkami
        kurs kursu kursowi kursem kursie kursy kursów kursom kursami kursach
        miasto miasta miastu miastem mieście miast miastom miastami miastach
        uniwersytet uniwersytetu uniwersytetowi uniwersytetem uniwersytecie uniwersytetów uniwersytetach
        stypendium stypendia stypendiów stypendiom stypendiami stypendiach
        termin terminu terminowi terminem terminie terminy terminów terminom terminami
        wymiana wymiany wymianie wymianę wymianą wymian wymianom wymianami wymianach
        badanie badania badaniu badaniem badań badaniom badaniami badaniach
        badacz badacza badaczowi badaczem badacze badaczy badaczom badaczami badaczach
        naukowiec naukowca naukowcowi naukowcem naukowcy naukowców naukowcom naukowcami naukowcach
        nauczyciel nauczyciela nauczycielowi nauczycielem nauczyciele nauczycieli nauczycielom nauczycielami
        kultura kultury kulturze kulturę kulturą kultur kulturom kulturami kulturach
        muzeum muzea muzeów muzeom muzeami muzeach
        wiadomość wiadomości wiadomością wiadomościom wiadomościami wiadomościach
        dzień dnia dniu dniowi dniem dni dniom dniami dniach
        tydzień tygodnia tygodniu tygodniem tygodnie tygodni tygodniom tygodniami
        książka książki książce książkę książką książek książkom książkami
        język języka językowi językiem języku języki języków językom językami językach
        projekt projektu projektowi projektem projekcie projekty projektów projektom projektami projektach
        wniosek wniosku wnioskowi wnioskiem wnioski wniosków wnioskom wnioskami
        konkurs konkursu konkursowi konkursem konkursie konkursy konkursów
        nabór naboru naborowi naborem naborze nabory naborów
        uczelnia uczelni uczelnię uczelnią uczelnie uczelniom uczelniami uczelniach
        wydział wydziału wydziałowi wydziałem wydziale wydziały wydziałów wydziałach
        partner partnera partnerowi partnerem partnerze partnerzy partnerów partnerom partnerami
        partnerstwo partnerstwa partnerstwu partnerstwem partnerstwie partnerstw partnerstwom
        biblioteka biblioteki bibliotece bibliotekę biblioteką bibliotek bibliotekom bibliotekach
        wydarzenie wydarzenia wydarzeniu wydarzeniem wydarzeń wydarzeniom wydarzeniami wydarzeniach
        staż stażu stażowi stażem staże staży stażom stażami stażach
        świat świata światu światem świecie światy światów
        kraj kraju krajowi krajem kraje krajów krajom krajami krajach
        Europa Europy Europie Europę Europą
        europejski europejska europejskie europejskiego europejskiej europejskim europejskich europejską
        warsztat warsztatu warsztatem warsztacie warsztaty warsztatów warsztatach
        instytut instytutu instytutem instytucie instytuty instytutów
        kierunek kierunku kierunkiem kierunki kierunków kierunkach
        związek związku związkiem związki związków
        początek początku początkiem początki początków
        doktorant doktoranta doktorantem doktoranci doktorantów doktorantom
        absolwent absolwenta absolwentem absolwenci absolwentów absolwentom
        rektor rektora rektorowi rektorem rektorze rektorzy rektorów
        człowiek człowieka człowiekowi człowiekiem ludzie ludzi ludziom ludźmi ludziach
        rok roku rokiem
        laboratorium laboratoria laboratoriów laboratoriach
        krajowiec krajowca krajowcy krajowców
        rada rady radzie radę radą rad radom
        centrum centra centrów
        wykład wykładu wykładem wykładzie wykłady wykładów
        wykładowca wykładowcy wykładowcę wykładowców
        nauka nauki nauce naukę nauką
        szkoła szkoły szkole szkołę szkołą szkół szkołom
        sala sali salę sale sal
        zespół zespołu zespołem zespole zespoły
        program programu programem programie programy programów
        uczestnik uczestnika uczestnicy uczestników uczestnikom
        miesiąc miesiąca miesiące miesięcy
        sierpień sierpnia sierpniu
        wrzesień września wrześniu
        kwiecień kwietnia kwietniu
        rozwój rozwoju rozwojem
        przemysł przemysłu przemyśle
        granica granicy granicę granic
        dziecko dziecka dzieci dzieciom
        środek środka środki środków
        zawód zawodu zawody zawodów
        droga drogi drodze drogę dróg
        ręka ręki ręce rąk
        Łódź Łodzi Łodzią
        Kraków Krakowa Krakowie
        muzyka muzyki muzyce
        sztuka sztuki sztuce sztukę
        kobieta kobiety kobiecie kobietę kobiet
        """,
    "sv": """
        student studenten studenter studenterna students studentens studenternas
        kurs kursen kurser kurserna kursens
        stad staden städer städerna stadens
        universitet universitetet universiteten universitetets
        högskola högskolan högskolor högskolorna högskolans
        skola skolan skolor skolorna skolans
        stipendium stipendiet stipendier stipendierna stipendiets
        ansökan ansökningar ansökningarna ansökans
        utbyte utbytet utbyten utbytets
        forskning forskningen forskningens
        forskare forskaren forskarna forskarens forskarnas
        lärare läraren lärarna lärarens lärarnas
        kultur kulturen kulturer kulturens
        museum museet museer museerna museets
        nyhet nyheten nyheter nyheterna
        hälsa hälsan hälsans
        centrum centret centrumet centra centrets
        konferens konferensen konferenser konferenserna konferensens
        projekt projektet projekten projektets
        språk språket språken språkets
        bok boken böcker böckerna
        land landet länder länderna
        bibliotek biblioteket biblioteken
        partner partnern partners
        samarbete samarbetet samarbeten
        vetenskap vetenskapen vetenskaper vetenskapens
        fakultet fakulteten fakulteter fakulteternas
        utbildning utbildningen utbildningar utbildningarna
        evenemang evenemanget evenemangen
        program programmet programmen
        praktik praktiken praktikens
        laboratorium laboratoriet laboratorier
        seminarium seminariet seminarier seminarierna
        resa resan resor resorna
        vecka veckan veckor veckorna
        människa människan människor människorna
        ledamot ledamoten ledamöter
        licens licensen licenser licenserna
        kvinna kvinnan kvinnor kvinnorna
        man mannen män männen
        barn barnet barnen
        europeisk europeiska europeiskt
        svensk svenska svenskt
        ny nytt nya
        möte mötet möten mötena
        område området områden områdena
        ämne ämnet ämnen ämnena
        arbete arbetet arbeten arbetena
        kriterium kriteriet kriterier
        förening föreningen föreningar
        tidning tidningen tidningar
        bostad bostaden bostäder
        ort orten orter
        framtid framtiden
        fabrik fabriken fabriker
        industri industrin industrier
        kyrka kyrkan kyrkor kyrkans
        berättelse berättelsen berättelser
        arkiv arkivet arkiven arkivets
        rum rummet rummen
        hus huset husen
        akademi akademin akademier
        termin terminen terminer
        lista listan listor
        forum forumet forumets
        intresse intresset intressen
        kapitel kapitlet
        möjlighet möjligheten möjligheter
        doktorand doktoranden doktorander
        allians alliansen alliansens allianser
        medborgare medborgaren medborgarna
        gymnasium gymnasiet gymnasier
        natt natten nätter
        hand handen händer
        universitetslektor universitetslektorer
        resultat resultatet resultaten
        nummer numret
        fot foten fötter
        internationell internationella internationellt
        ung unga ungt
        god gott goda
        lag lagen lagar
        """,
    "tr": """
        öğrenci öğrenciler öğrencinin öğrenciyi öğrenciye öğrencide öğrenciden öğrencisi öğrencileri öğrencilere
        üniversite üniversiteler üniversitenin üniversiteye üniversitede üniversitesi üniversitesinin üniversiteleri
        proje projeler projenin projeye projede projesi projesinin projeleri projelerin projelerde projesinde
        başvuru başvurular başvurunun başvuruya başvurusu başvurusunun başvuruları başvuruların başvurularda
        kent kentler kentin kente kentte kentsel kentleri kentlerin
        şehir şehirler şehrin şehre şehirde şehri şehirleri
        burs burslar bursun bursu burslara bursları
        araştırma araştırmalar araştırmanın araştırmaya araştırmada araştırması araştırmaları araştırmaların
        araştırmacı araştırmacılar araştırmacının araştırmacıya araştırmacıları araştırmacıların
        öğretmen öğretmenler öğretmenin öğretmene öğretmenleri
        kültür kültürler kültürün kültüre kültürü kültürel kültürleri
        müze müzeler müzenin müzeye müzede müzesi müzeleri müzesinde
        haber haberler haberin habere haberi haberleri
        ders dersler dersin derse derste dersi dersleri
        dil diller dilin dile dilde dili dilleri
        değişim değişimler değişimin değişime değişimi değişimleri
        kitap kitaplar kitabın kitaba kitabı kitapta kitapları
        kütüphane kütüphaneler kütüphanesi kütüphanede kütüphaneye
        bilim bilimler bilimin bilime bilimsel bilimleri bilimi
        etkinlik etkinlikler etkinliğin etkinliğe etkinliği etkinlikleri etkinlikte
        ortak ortaklar ortağın ortağı ortakları ortaklara
        ortaklık ortaklıklar ortaklığın ortaklığı
        fakülte fakülteler fakültesi fakültenin fakültesinde
        bölüm bölümler bölümün bölümü bölümleri
        tarih tarihler tarihin tarihi tarihe tarihleri
        çağrı çağrılar çağrının çağrısı çağrıları
        toplum toplumlar toplumun toplumsal topluma toplumları
        ülke ülkeler ülkenin ülkesi ülkeleri
        Avrupa Avrupa’nın Avrupa’da Avrupa’ya
        eğitim eğitimler eğitimin eğitime eğitimi eğitimde eğitimleri
        program programlar programın programı programa programları
        staj stajlar stajın stajı staja
        merkez merkezler merkezin merkezi merkeze merkezde merkezleri
        hedef hedefler hedefin hedefi hedefleri
        konferans konferanslar konferansın konferansı konferansları
        kadın kadınlar kadının kadınları
        bölge bölgeler bölgenin bölgesi bölgesel bölgeleri
        öğretim öğretimin öğretimi
        gün günler günün günü günde günleri
        hibe hibeler hibenin hibesi hibeleri
        görev görevler görevin görevi görevleri
        okul okullar okulun okula okulda okulu okulları
        yarışma yarışmalar yarışmanın yarışması yarışmaya
        toplantı toplantılar toplantının toplantısı toplantıda
        alan alanlar alanın alana alanı alanları
        hafta haftalar haftanın haftası haftaya
        lise liseler lisesi lisenin
        anlaşma anlaşmalar anlaşması anlaşmanın
        fırsat fırsatlar fırsatı fırsatın
        sanat sanatın sanatı sanatsal
        destek destekler desteğin desteği destekleri
        belge belgeler belgenin belgesi
        ofis ofisi ofisin ofisler
        kampüs kampüsü kampüsün kampüsler
        yıl yıllar yılın yılı yılda
        duyuru duyurular duyurunun duyurusu
        ağ ağlar ağın ağı
        çevre çevrenin çevresi çevresel
        yönetim yönetimin yönetimi
        hoca hocalar hocanın hocası
        sınav sınavlar sınavın sınavı sınavları
        yurt yurdu yurdun yurtlar
        sonuç sonucu sonuçlar sonucun
        """,
}
