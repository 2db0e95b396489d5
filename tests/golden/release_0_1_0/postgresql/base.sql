--
-- PostgreSQL database dump
--

\restrict PL8h8cffkRAx57VWLsXxHigcbngQuAaH3TiAczPb3oyZbnYNYNJ8WSTYGdJHTac

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: consent; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.consent (
    device bytea NOT NULL,
    serial bigint NOT NULL,
    hash bytea NOT NULL,
    record bytea NOT NULL,
    signature bytea NOT NULL,
    from_utc_s bigint
);


--
-- Name: counter; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.counter (
    name character varying NOT NULL,
    n bigint NOT NULL
);


--
-- Name: device; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.device (
    device bytea NOT NULL,
    withdrawn_serial bigint NOT NULL,
    erased_serial bigint NOT NULL,
    revoked integer
);


--
-- Name: quarantine; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.quarantine (
    id integer NOT NULL,
    envelope bytea NOT NULL,
    device bytea
);


--
-- Name: quarantine_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.quarantine_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: quarantine_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.quarantine_id_seq OWNED BY public.quarantine.id;


--
-- Name: row; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."row" (
    device bytea NOT NULL,
    stream bytea NOT NULL,
    seq bigint NOT NULL,
    kind character varying NOT NULL,
    serial bigint NOT NULL,
    data_key bytea NOT NULL,
    words bytea NOT NULL,
    said bytea NOT NULL,
    arrival bigint NOT NULL
);


--
-- Name: seen; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.seen (
    device bytea NOT NULL,
    stream bytea NOT NULL,
    seq bigint NOT NULL,
    digest bytea NOT NULL,
    kem bytea NOT NULL
);


--
-- Name: site; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.site (
    name character varying NOT NULL,
    value bytea NOT NULL
);


--
-- Name: stream; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stream (
    device bytea NOT NULL,
    stream bytea NOT NULL,
    max_seq bigint NOT NULL,
    ledger_index bigint NOT NULL,
    head_before bytea NOT NULL
);


--
-- Name: quarantine id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quarantine ALTER COLUMN id SET DEFAULT nextval('public.quarantine_id_seq'::regclass);


--
-- Data for Name: consent; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.consent VALUES ('\xf832a4b6effaf578', 1790000100, '\xfadb319377d076a394987382bff8b8dd29ed06b8677222439aeb89004242365a', '\x89011a6ab13be401703336343161323137616663643161363864636172655820a2c0f523797e4dba754da8a4537350f0e68bacad1fdd38e92a6f1660dd0d2ef71a6ab13be41a6b27e2e4818365686561727464636172656c546573742073657276696365', '\xfa0076292a91f1f547c051a41a1573cb80be43a2c44964f02e14785b336aff7225556246fc732dc2c3a4ffc2f697c9b504744203000473ad4716c9926cfecb00', 1790000100);
INSERT INTO public.consent VALUES ('\x903320cfc47e6f5e', 1790000100, '\x36377b60f5f7f11999bd71104fc8f2793a9290cd177e57170dec7866a1f36513', '\x89011a6ab13be401703861636163623434356266306537393564636172655820a2c0f523797e4dba754da8a4537350f0e68bacad1fdd38e92a6f1660dd0d2ef71a6ab13be41a6b27e2e4818365686561727464636172656c546573742073657276696365', '\x120cb150e73a9e4ced06a2982a493b9a70724b925aa50a7220900ee7a7011e4edba78b0123d46813012dae12ca67d20ff9d3ad6c9592f9fac276b3888123020f', 1790000100);
INSERT INTO public.consent VALUES ('\x903320cfc47e6f5e', 1795867201, '\x171806655e7a7fd1551508a2c89c2a53d4ec139714ba27b25834ddab760d24f9', '\x89011a6b0ac2410070386163616362343435626630653739356463617265582000000000000000000000000000000000000000000000000000000000000000001a6b0ac2411a6b0ac24180', '\x918c4bf53d0c1e1bf54b9a93a033a8e551fe2c927192c2f0a970b616f3bc6a26a6639f6d46d0dbc6f5a7c567baff71327c6c7e680741bd61f7c8c3eeb05b9409', 1795867201);


--
-- Data for Name: counter; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.counter VALUES ('stored', 16);


--
-- Data for Name: device; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.device VALUES ('\xf832a4b6effaf578', 0, -1, NULL);
INSERT INTO public.device VALUES ('\x903320cfc47e6f5e', 1795867201, -1, NULL);


--
-- Data for Name: quarantine; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: row; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."row" VALUES ('\xf832a4b6effaf578', '\xc50ca79c975b702048a84ea880fbd585', 1, 'consent', 1790000100, '\x43022da06261741e', '\x9336ad4cb7a3c326b635fb622a467f977705f74af558ad1fc07959877acef5a0ea7243dde6327b1951466c7f5fee979116d2a0f95c8a2430dbe38ee511a7dc7aa7dd6601d654290fd4becbd0f480effb69109fa64b3ff045b86d533e1c397ada9bdf2fd0a1f4e579214cddf0d355f9db44e47fe45f2d752db720a88668f1cb7744b977d47ce95b9cf664cde896863044b28765c9a0a1fc745a3594f1a6718a41e896f5527cdc3703395005f11b8bf2506230330e44d025bc3ceb672828734abb23bd6a6f9e25744827a7f4985e7c00447de14adfdcb25f7577abb83d2ef9a63dd616fcdbbc92096edc82ca1f380e665bde3cf4eef76f2809a136a727a80f2a937161d6b3', '\xf82db4ccda6c2cb625bc86bcc4a51b79', 1);
INSERT INTO public."row" VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 1, 'summary', 1790000100, '\x43022da06261741e', '\x29deed649f262faef1e1f37337b7e6e53de9cf9be030b8e4d7470a14924805f5a29008baa64d225ecf536d43194b94235258d45cd921d331b8fecd76e8b53f66d355eb0bfeb4cc96df3181cdc8f5069e8e82bc06319c59235b332345eed432cc8dff6a76f7d3db357f7464e8679037b1207ef5b561ea205327c1c409864272ed75a93287ff89c1ff13cb3057c0cb3222e7ff944c0361ef7d20b499be36e9a1fa62e941b6b62afc66f9d5a3', '\x66623cb6be4f28209e627019227a4e63', 2);
INSERT INTO public."row" VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 2, 'summary', 1790000100, '\x43022da06261741e', '\x62fdadd22593291c7d552fb9bc409f3a5c750d2ed2dcdb18d2375b4bacbf7301f2618e0fc58ffb8437d249945becc132f0d33a95b7a6665223da72974b0032d344039faac560be50723affb39378c8450e49b22c3330e1796336ba62e0463361da76e4c7482b5938eed00beee824d4c50cb1f3ebe456c04bac58158b0f6618b2c2782373aaa6ca7b6a5eb63a26d3913a1bcd96ecc45bb84a892c16464ea9d3d5f35a75c9dcf2594cf02a2b', '\xbec10e9215e59564782a75217ff0007b', 3);
INSERT INTO public."row" VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 3, 'summary', 1790000100, '\x43022da06261741e', '\xb67c300213d54b69a95c8a76bcfcb886d2c27af2fb568a1d677886abfdfab481e61e06efabdc4100e9bb6f1ce7cb7e2e0f4f8e598eee7ae52250878d6414f625082fdb5ab6c933d794bd60333d1e1028d00f6a0a5a6e1f39d4471a37516ceb15ce43eec4da6dcb6b53551e4cd196f01b730e15c5772f8b59b9db1d9776080651286c4f897f15b2dad65aa0c8b1f600178047df063c1ab8886c7b6f30200894e5a2999fd366d2def532a06b', '\x5ac942d5b39324d3af21de3f007b7ed4', 4);
INSERT INTO public."row" VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 4, 'summary', 1790000100, '\x43022da06261741e', '\x84c4c925611afdacf2de3fe3dabc459a2632d1241cd79d7d1040d1658dc329bf8e86bb74db4182018639f784a0c58ab396c43fbb4a0a2dfa50b642a223b72348815ab0ecb4020565b7367516498bd926e95278cccbbc76fc17f4d803a299548c62c12548e4bf65965a1df5bc2d741d0e34008add4467ad2cfcb64bf30dfc359d4015deb8493b2eb684181e6d1da425af469bd75040cc91c771c3a890afd4240dd84da78d55ce8fd779594a', '\x23eadbbfd85ac4bf294dcf5ede07fe3f', 5);
INSERT INTO public."row" VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 5, 'summary', 1790000100, '\x43022da06261741e', '\xb6d7dd9f4549772f1a2151a3e540e2cb34be4263a6dcdb56f968903315d8faeb429073e8cbd399e659193b65298bf9127ab6dc3502e0a93ba0c606212b6c587c61ad9f1f3ee6c7e4983a9f07ca377c2e74198ec2219cd83f45208ce22f1c76f172a096bb42471f167d83872ad78e38c17b7c7ddd6c6724a7052354e2d3dc8a12ba30a73019af999132d3efc767cb2daca2dd95503ec3cf1eece11f024bdc0c4894a8dae10f4f625a0a195c', '\xf64d5d8b347fa80cee3a3ef285a04b3b', 6);
INSERT INTO public."row" VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 6, 'summary', 1790000100, '\x43022da06261741e', '\x9a7090f16dbb4db6e2ffe653b96ca140ab379baadff664f949b236b7005bec74b7ddd1ee9203176a3bfcbbdc7949581a591f90439216f1718ce7b89570c788d33dceb8054e6ffd95e1a0cdd17faafe7a0f718b64fec27e1a09e4a1d629c4c39df86fd613f605f0514907f814b55b71c50cc89915ccf3443212829f3deb2f32c6fad5cd2ee4d46d6e2125e6792f68248bb650527c8a5f88ef373d826636c40074aba1535d8f51b074dc266c', '\x569444a420ab800bcf4e986d3ee7d2e0', 7);
INSERT INTO public."row" VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 7, 'summary', 1790000100, '\x43022da06261741e', '\x0a1768215077e1c528f3bf71c7f4d6467634356f5626e4d95ca1f8068b9c65c26dde433e133fe3a058183f066dee55c8d73a35b12251d1162e43ead80605e2f6d5f4be02a2a3be9b11e762629300e17b2fb1984a20518e5bf452e51520eb7587b4677a6025d548b7d48712bbb03b4f96f0d2030629c5a5d4019797f8c1889b50418c9b000bd9bcd9dcfb82debcb8b2e86b8434f05587a8199205f7aabd085f4914759ce5ce6f4da178d60a', '\x7c15b124ebecc940a7d8c3bbb5eb4599', 8);
INSERT INTO public."row" VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 8, 'summary', 1790000100, '\x43022da06261741e', '\x3bf3bb036e2828effd776321dfaead0512fd7ad9cc25ce3558711d9bd00acd601932a62d3cd3c5511a3b1f7ba70353a4a4d3fea459e0ef37beabf4a3bb39d7de7460aeb590521778d76179204dacb359c6fa91fdd20d8dc112d37586b24ae1d72dc8c18e0ec3283e6a8e8eeafa8a68ee0878dd987bcc0894be92e04b190a0119dba272a4585319452693f12e5f24cb8e7a29595c7d85241f023ccd5d317a8daedffcad3e523b5f21e2f253', '\x3593b95ac3afc8e6c62b99e907d5ab81', 9);
INSERT INTO public."row" VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 9, 'summary', 1790000100, '\x43022da06261741e', '\x2c3fe1f54c0b1de467bb3bd7841f3ced50f05da72245674c78312540bf9cebd0bebc7a416be636a2883c98b480a03506fa706ef07d82980df72b79ceaf6e46e0e7e2934fc3a7d77377e5dbba5929fade33e3927c3feba7c6cdaafc68226a915f104498593459b4a52bc99801215121454a9a0f3b6a20dcc8e4227fdc99a090ba8d394cb93fde5a4f1a6710fa1c84a03a6681e5c54b3794e68a8c718c109f68ad5a54fe0cfef52c71e196e7', '\xade373361ba7ea3413dcc11796728905', 10);
INSERT INTO public."row" VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 10, 'summary', 1790000100, '\x43022da06261741e', '\x0c6676ac845353fd56e882f17cf6bdcbf16ec6890d346e3604bbf8c26a8c874d06529e4adc5139158d0f2b9166301ed903d48f9975aa43144d54d4a8902a772d93d253265651220f584ff60a3b1a860db9349044cbdcf07ff799b450821730d340f6fc0fb7eb0718cf80926de71c1739c757fb4619e28f0dad6653a2f8db06e34923b684032388031f55cf21c7b3fb4eb72ad4a189b2ca605f7e04f80ccea514677d9a71f489f4d2299e78', '\x93db6ebbbbab20721540c76d39d31582', 11);
INSERT INTO public."row" VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 11, 'summary', 1790000100, '\x43022da06261741e', '\x5408a46ba2045b3ef0bb8fa499ac838c77591ad2dc53ce62d2ec84824b55b39e69ad001a77cb5cb3b5c9fe98dc6a9d70f819ebc906275c85e6e97bd2f72a3fa66f2d045f55920cfc62b7ef1edfbc7b21463c88018ac2dd7b7bc778871ce05d1a2c85a62b3912a461ac4a6273a59856cd3e75878bfd386f4178c42c1e0f546adbad95486ef4f7576a561207cb5461d2bc579ef369f6f9d121dfe67f9e1a32fc5fed44c76309a429ab52880b', '\x77dd508dc8254120903a2150e1f17592', 12);
INSERT INTO public."row" VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 12, 'summary', 1790000100, '\x43022da06261741e', '\xcbf62cbf09d59537cc48ab700882b78679331e5a678821c1da3431b3c21d07f64f6eb0c2911cf13c6253de2798d69306cd10f8b690376c23209c8e7002dc115a687a3c9a54ed92187e033004952f00a3ebe15a801bd4e1d52e284560ae3a3c4e758c380f7434e29e84c07b8af80ed45bb919383a23aa7556c996d5580eb32a2677f80cb0dcfcf1935502a5025e9da3c1a5908ec394d736d22c89700e34e0668f9c2df71c46b4c7ce4396a2', '\x76652a9f518bb07b1a7fe0ae93c590ec', 13);
INSERT INTO public."row" VALUES ('\x903320cfc47e6f5e', '\x79be34718e6d914ba4ca99a1352fa4dc', 1, 'consent', 1790000100, '\xae4e9412cb8f78b4', '\x8d39262644213a23d3827d8e10e1acf0e99c9acdcc391af419c13442b9b33a2466bfdc91a21c5de6ce40734849fd2b788cb31e3f4f5056a3a55c76e61070172798b17813d0463f3fc5928cb9b0b73015d1c85c17947e4ec49e35ce3c36ce618ec257e232f595dae9b430e040054c58ab1fc64e1ec941335ec11d5baae8f442b50d488e01c48d7be73098d827f71b47382bcd70944426f32ecc339d0493459b37a24929ef61a7713bfeedaef369943bf1bbcf02395dee6ad7746f11eff962955c83a4e076059ff24346cd2eb002ac9265b455894f309f3f3e9325477811d1e9878e85fc6d9d4586730f39e79a9efb13ddd3a923abfe92b0e2d31d87be5a329dfb6b25de2c', '\x97072dfb1124b1925b1ad445a427cd29', 14);
INSERT INTO public."row" VALUES ('\x903320cfc47e6f5e', '\x0a36980a3986ed3967c3606ebb7ea6b9', 1, 'summary', 1790000100, '\xae4e9412cb8f78b4', '\x4961423de33133240686b30b7ef75eaca39b0254fe9bfa76f99db16647dd3c6428c5cf8f9dc959b51cafcfda4c361ef7c35f0e5ff915cdcb2717a74d95cddd0814384623a738922f1e598b62527205bf1c0d63aded0fe65b0c82fcb0685a2cbbb954ddce77db04bc2043f9963a02849fdfeb73e8688183d4a8d6182b992693c7431bc1191e4f3409725ca527c82a8a36d72d5a9cb893e11905b4e3148933676057f2f6629b0bb27038c265', '\x80c21feb583bff98c9d103978b61f010', 15);
INSERT INTO public."row" VALUES ('\x903320cfc47e6f5e', '\x0a36980a3986ed3967c3606ebb7ea6b9', 2, 'consent', 1795867201, '\xc20b4574bbbef03d', '\x0f5de761ca6df55ab5e3c84b2336df6374b82d49ee374252d7664d52c5465aafcf6446bf72ec0728c5d5e0e8b9dff090b652251117a435049d6597eedfc8822cf02dbbb9931ead60478cb90c215d48002e5dcd98552f4ac8120d09684bfa12a27ac24bf04219c90d8a159f25ad77358a2259fb7d82dfe30694bbeaf4b8e2a8970931cf7330d7c1e857f711bb9cadab928f550b44fc86e98725695d918b8c57a0bd29cc609cc95ffc4df8b15e3d769732e612edcb3b233f18d2a7062720405d0baf52930b6690d5ba67acfb2b43b9a1880f260c83cf0d8c10074ec44cb0c6b286109a040c7fc6088c27e538', '\x6be05fb62ccabcfa68b63137152e2042', 16);


--
-- Data for Name: seen; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.seen VALUES ('\xf832a4b6effaf578', '\xc50ca79c975b702048a84ea880fbd585', 1, '\xf7857ca7933fdfe4bc839f69b709c7acfaa5f103431932d895e4b9b45f26ca63', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 1, '\xe4127d02e2782955e17f5dca72ba5c057d22a76de06fa1f79b388b1a34aa3bc0', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 2, '\xeb78b0014fc5c3938d083a91d284330c3370d929d41f65793714121c8c9eccf9', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 3, '\xa47fec1ed296df67827d35a5f22998d7a37b02c704d2d8ec8c6e8f957645bcc3', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 4, '\x255f9739ba102bc9528c46abcfa849d40276332e29791255106b4774fb953d0c', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 5, '\xcf1d59b445ff66f6a1869453ec195606c0c4691d2f4e09c08f1f2a88740e8bd8', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 6, '\xe4acf46de1c1610e98b4e0cb4deb6383dadf736652550284d3b9b00194e21147', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 7, '\x99a42104de7da5528afd7fe44ad6f9322c9e9f57d8ab6f4bb2f09389754cd4ec', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 8, '\xabd69af0bf9661d4a53dc02fcfa438a815adff9c87a5b854cd078efff9daf318', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 9, '\xf5c5cc43ee6bea0054eb1e5e14fbd9691ba4394b19b0944ebd53928f26004aa3', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 10, '\xe7d3af0a72a357b470202f166005bacd77acb7fdf2101d708432c3bb726bd898', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 11, '\x9b5b1758c52403e863e22006888851f84ee9215a7faa0498fa4c1cd4f3a6ce37', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 12, '\xc55fbf133364e9447cfdc1139e1cd5a4004f3228cd760bcc7d8edcc188b27c8a', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\x903320cfc47e6f5e', '\x79be34718e6d914ba4ca99a1352fa4dc', 1, '\xc373181be136af46c67622244da65bb55d02f49f0b26c45d38110b26e47845cb', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\x903320cfc47e6f5e', '\x0a36980a3986ed3967c3606ebb7ea6b9', 1, '\xe6f73f36427bba56d5dd1dac50b8e2ec1002d96cd09145aab56e2a4a3b08a1b4', '\x0a06543d056a3da8');
INSERT INTO public.seen VALUES ('\x903320cfc47e6f5e', '\x0a36980a3986ed3967c3606ebb7ea6b9', 2, '\x12eb18cc1fbe271d518271fba13403af5ee9831c11668cb54c054fa79fae619b', '\x0a06543d056a3da8');


--
-- Data for Name: site; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.site VALUES ('tables version', '\x34');
INSERT INTO public.site VALUES ('store id', '\x000000006b0ac240ba61cffba8303995');
INSERT INTO public.site VALUES ('key backups end', '\x30');
INSERT INTO public.site VALUES ('arrivals', '\x3136');
INSERT INTO public.site VALUES ('generation 1', '\x35');


--
-- Data for Name: stream; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.stream VALUES ('\xf832a4b6effaf578', '\xc50ca79c975b702048a84ea880fbd585', 1, 1, '\x0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO public.stream VALUES ('\xf832a4b6effaf578', '\xccabf3319a061f4abfa8ee4ef7aa548e', 12, 13, '\x5be5684c291210ae663613a856ee789427f77fdcbddefea10a0ca251507fdb3b');
INSERT INTO public.stream VALUES ('\x903320cfc47e6f5e', '\x79be34718e6d914ba4ca99a1352fa4dc', 1, 1, '\x0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO public.stream VALUES ('\x903320cfc47e6f5e', '\x0a36980a3986ed3967c3606ebb7ea6b9', 2, 3, '\x5225260bdd66498fe8dfad2f0bd0ad648c5518d31a6bb8d5ad8b05da7685bdeb');


--
-- Name: quarantine_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.quarantine_id_seq', 1, false);


--
-- Name: consent consent_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.consent
    ADD CONSTRAINT consent_pkey PRIMARY KEY (device, serial);


--
-- Name: counter counter_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.counter
    ADD CONSTRAINT counter_pkey PRIMARY KEY (name);


--
-- Name: device device_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_pkey PRIMARY KEY (device);


--
-- Name: quarantine quarantine_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);


--
-- Name: row row_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."row"
    ADD CONSTRAINT row_pkey PRIMARY KEY (device, stream, seq);


--
-- Name: seen seen_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.seen
    ADD CONSTRAINT seen_pkey PRIMARY KEY (device, stream, seq);


--
-- Name: site site_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.site
    ADD CONSTRAINT site_pkey PRIMARY KEY (name);


--
-- Name: stream stream_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stream
    ADD CONSTRAINT stream_pkey PRIMARY KEY (device, stream);


--
-- Name: consent_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX consent_hash ON public.consent USING btree (device, hash);


--
-- Name: row_arrival; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX row_arrival ON public."row" USING btree (arrival);


--
-- Name: row_said; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX row_said ON public."row" USING btree (device, said);


--
-- Name: seen_kem; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX seen_kem ON public.seen USING btree (kem);


--
-- PostgreSQL database dump complete
--

\unrestrict PL8h8cffkRAx57VWLsXxHigcbngQuAaH3TiAczPb3oyZbnYNYNJ8WSTYGdJHTac

