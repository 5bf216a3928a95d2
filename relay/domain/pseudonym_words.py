"""The words that pseudonyms are made of: 256 for the first place, 256 for the second, none in both.

``pseudonyms`` draws from them. All are things of nature, food, weather or the house, in English, easily
spelled and said, without gender. Left out on purpose: common given and family names (Robin, Hazel, Finch),
brands, and whatever is sad, violent, religious, ethnic, medical, an insult or a place of danger (bridge,
cliff). Words may be exchanged but each list keeps exactly 256, one octet's worth; a test says so.
"""

from __future__ import annotations

_FIRST = """
acacia agate airy alder alpine amethyst apricot aquamarine arctic asparagus aspen avocado azure
bagel bamboo barley beech beetroot bilberry biscuit blackcurrant blueberry bramble breezy brisk
broccoli bronze buckwheat butter buttercup buttermilk calm canvas caramel cardamom carrot catkin
cedar celery chalk chamomile chickpea chicory chive cinnamon citrus cloudberry clover coastal cobalt
cobblestone cocoa coffee copper corduroy cornflower cosy cowslip cranberry cream crocus crumpet
currant cyan cypress daffodil dandelion dappled daylight denim dewberry dotted driftwood edelweiss
elderberry elm evening fennel fir flax freesia garden gardenia gentle geranium gingham gleaming
glowing gooseberry gorse granite grape grapefruit greengage guava harbour hawthorn hazelnut hickory
highland honeysuckle huckleberry indigo island kelp kiwi knitted lakeside larch larkspur lichen
lilac lime limestone linen linseed loganberry lowland lupin macadamia magenta mahogany mallow
marjoram marmalade maroon mauve meadow mellow midday millet mimosa mint monsoon moonlit morning
mountain muffin mulberry nectarine northern nutmeg oak onyx orchard orchid oregano palm paper
paprika parsley parsnip pastel patchwork pear pecan peony peppermint periwinkle persimmon petunia
pewter pine pineapple pink pistachio plaid plum pomegranate pomelo poplar porcelain prairie pretzel
primrose pumice pumpkin purple quartz quiet quilted quince radish rainy raspberry rhubarb riverside
rosehip russet rye saffron sand sandalwood sandstone sapphire satin seagrass seaside sepia sesame
shallot shiny skylight slate snowdrop snowy soapstone sparkling spearmint speckled spinach spruce
squash starfruit starry strawberry striped sunflower sunlit sunrise sunset sweetcorn sycamore
tamarind tangerine tarragon teasel terracotta thistle thyme tidal tomato topaz truffle tulip
turmeric turquoise tweed twilight umber vanilla verbena vine waffle walnut watercress waterlily
wildflower wintergreen wisteria woodland woollen woven yarrow yucca zinnia
"""

_SECOND = """
accordion acorn albatross alpaca antelope armadillo avocet balcony bassoon bay beetle bicycle
birdhouse bison bittern blackbird blanket bluebird bobbin bonnet bookcase breeze bucket bullfinch
bumblebee butterfly candle canoe canyon cape capybara caribou carpet caterpillar cello chaffinch
cheetah chimney chinchilla chipmunk clarinet comet compass condor cormorant cottage cove crayfish
creek cricket curlew cushion damselfly deer dewdrop dipper dolphin dormouse dragonfly dune easel
egret eider eland elephant feather ferret fieldfare firecrest firefly flamingo flute flycatcher
galaxy gazelle gecko geyser gibbon giraffe glacier glade goldcrest goldfinch gondola goshawk
grasshopper grayling grebe greenfinch greenhouse guitar hammock hamster harmonica hawfinch haystack
hedge hedgehog heron hummingbird ibex iguana inlet kangaroo kayak kestrel kettle kingfisher
kittiwake koala lacewing ladybird lagoon lantern lark lemur leopard lighthouse limpet linnet lion
lobster lynx macaw magpie manatee marmot marten mayfly meerkat meteor mitten mongoose moonbeam
moorhen narwhal nautilus nebula newt nightingale notebook nuthatch oasis octopus orbit orca oriole
oryx osprey ostrich otter owl oyster paddle panda parasol pebble pelican pencil penguin petrel
pheasant piano piccolo pigeon pika pillow pinecone pinwheel pipit planet platypus plover pony
porcupine porpoise postcard puffin puzzle quilt quokka rabbit raccoon raft rainbow raindrop redstart
reef reindeer ribbon ridge river rivulet rowboat rudder sail sailboat salamander sandcastle
sandpiper sardine scallop sea seahorse seashell serval skylark snowflake songbird spoon squirrel
starfish stickleback stoat stonechat stream summit sunbeam sundial tambourine tapir teacup teapot
telescope thicket thimble tiger tortoise toucan trail treehouse tricycle trombone tuba tugboat tuna
tundra turnstone turtle umbrella valley violin wagon wagtail wallaby warbler waterfall wave waxwing
wheatear whistle windmill wombat woodlark woodpecker zebra
"""

FIRST: tuple[str, ...] = tuple(_FIRST.split())
SECOND: tuple[str, ...] = tuple(_SECOND.split())
